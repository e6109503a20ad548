using System.CommandLine;
using Lateen.Logging;
using Lateen.Sandbox.Up;

namespace Lateen.Cli.Commands.Sandbox;

/// <summary><c>lateen sandbox run</c>: the daemon that <c>lateen up</c> starts; it serves until SIGTERM.</summary>
internal static class SandboxCommand
{
    public static Command Create() => new("sandbox", "The daemon behind 'lateen up'") { Run() };

    private static Command Run()
    {
        SandboxArguments arguments = new();
        Option<string> levels = new("--log_output_level") { Description = "Log levels by scope", DefaultValueFactory = _ => "default:info" };
        Command command = new("run", "Hosts the mesh in this process until it is told to end") { levels };
        arguments.AddForStartTo(command);
        command.SetAction(async (line, cancellation) =>
        {
            SandboxOptions options = arguments.Read(line);
            if (!LogLevels.TryParse(line.GetValue(levels)!, out LogLevels parsed, out string? problem))
            {
                throw new CommandException($"--log_output_level: {problem}");
            }

            Directory.CreateDirectory(options.Home);
            using StreamWriter log = new(options.Log, append: true) { AutoFlush = true };
            using ConsoleLogFactory loggers = new(TextWriter.Synchronized(log), parsed, TimeProvider.System);
            await new SandboxHost(options, loggers, TimeProvider.System, Random.Shared).RunAsync(new Starter(), cancellation);
        });
        return command;
    }

    /// <summary>Tells the process that waits at the other end of the pipe; it goes away once the mesh is up.</summary>
    private sealed class Starter : IProgress<string>
    {
        public void Report(string value)
        {
            try
            {
                Console.Out.WriteLine(value);
                Console.Out.Flush();
            }
            catch (IOException)
            {
                // Nobody waits any more.
            }
        }
    }
}

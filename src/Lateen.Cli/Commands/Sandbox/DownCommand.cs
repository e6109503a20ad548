using System.CommandLine;
using Lateen.Sandbox.Up;

namespace Lateen.Cli.Commands.Sandbox;

/// <summary><c>lateen down</c>: takes the mesh on this machine away.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        SandboxArguments arguments = new();
        Option<bool> verbose = new("--verbose", "-v") { Description = "Name everything that is removed" };
        Command command = new("down", "Takes the mesh on this machine down, whatever state it is in") { verbose };
        arguments.AddTo(command);
        command.SetAction(async (line, cancellation) =>
        {
            SandboxOptions options = arguments.Read(line);
            IReadOnlyList<string> removed = await SandboxDown.RunAsync(options, cancellation);
            if (line.GetValue(verbose))
            {
                foreach (string item in removed)
                {
                    Console.WriteLine($"removed {item}");
                }
            }

            Console.WriteLine(removed.Count > 0 ? $"mesh {options.Network.Mesh} is down" : $"mesh {options.Network.Mesh} was not up");
        });
        return command;
    }
}

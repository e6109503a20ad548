using System.CommandLine;
using Lateen.Cli.Cluster;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary>A verb that shows one admin page of a proxy, taken from a pod or from a file (<c>-</c> is standard input).</summary>
/// <param name="name">The verb.</param>
/// <param name="description">Its line in the help.</param>
/// <param name="page">The admin page that it reads.</param>
/// <param name="cluster">Where pods are found.</param>
internal sealed class ProxyPageCommand(string name, string description, string page, ClusterOptions cluster)
{
    private readonly Argument<string?> _pod = new("pod") { Arity = ArgumentArity.ZeroOrOne, Description = "POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]" };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "A saved answer of the proxy's admin page; - reads standard input" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "short or json", DefaultValueFactory = _ => "short" };

    /// <summary>The command; <paramref name="render"/> makes the text to print of (command line, page text, whether JSON is wanted).</summary>
    public Command Build(string[] aliases, Option[] filters, Func<ParseResult, string, bool, string> render)
    {
        Command command = new(name, description) { _pod, _file, _output };
        foreach (string alias in aliases)
        {
            command.Aliases.Add(alias);
        }

        foreach (Option filter in filters)
        {
            command.Options.Add(filter);
        }

        command.SetAction(async (line, cancellation) =>
        {
            string output = line.GetValue(_output)!;
            if (output is not ("short" or "json"))
            {
                throw new CommandException($"output format \"{output}\" not supported; use short or json");
            }

            string text = await ReadAsync(line.GetValue(_pod), line.GetValue(_file), line, cancellation);
            await Console.Out.WriteAsync(render(line, text, output == "json"));
        });
        return command;
    }

    private async Task<string> ReadAsync(string? pod, string? file, ParseResult line, CancellationToken cancellation)
    {
        switch (pod, file)
        {
            case (null, null):
            case (not null, not null):
                throw new CommandException($"{name} requires pod name or --file parameter");
            case (null, "-"):
                return await Console.In.ReadToEndAsync(cancellation);
            case (null, _):
                return await File.ReadAllTextAsync(file, cancellation);
            default:
                using (ClusterAccess access = cluster.Open(line))
                {
                    return await access.AdminPageAsync(pod, page, cancellation);
                }
        }
    }
}

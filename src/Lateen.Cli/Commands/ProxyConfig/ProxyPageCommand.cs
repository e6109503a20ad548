using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Injection.Yaml;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary>A verb that shows one admin page of a proxy, taken from a pod or from a file (<c>-</c> is standard input).</summary>
/// <param name="name">The verb.</param>
/// <param name="description">Its line in the help.</param>
/// <param name="page">The admin page that it reads.</param>
/// <param name="cluster">Where pods are found.</param>
/// <param name="defaultOutput">What is printed without <c>--output</c>.</param>
/// <param name="noun">How errors call it, where that is not the verb.</param>
internal sealed class ProxyPageCommand(
    string name, string description, string page, ClusterOptions cluster, string defaultOutput = "short", string? noun = null)
{
    private readonly Argument<string?> _pod = new("pod") { Arity = ArgumentArity.ZeroOrOne, Description = "POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]" };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "A saved answer of the proxy's admin page; - reads standard input" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "short, json or yaml", DefaultValueFactory = _ => defaultOutput };

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
            if (output is not ("short" or "json" or "yaml"))
            {
                throw new CommandException($"output format \"{output}\" not supported; use short, json or yaml");
            }

            string text = await ReadAsync(line.GetValue(_pod), line.GetValue(_file), line, cancellation);
            string shown = render(line, text, output != "short");
            await Console.Out.WriteAsync(output == "yaml" ? YamlWriter.Write(JsonNode.Parse(shown)) : shown);
        });
        return command;
    }

    private async Task<string> ReadAsync(string? pod, string? file, ParseResult line, CancellationToken cancellation)
    {
        switch (pod, file)
        {
            case (null, null):
            case (not null, not null):
                throw new CommandException($"{noun ?? name} requires pod name or --file parameter");
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

using System.CommandLine;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Analysis.Reports;
using Lateen.Injection.Yaml;

namespace Lateen.Cli.Commands.Analyze;

/// <summary><c>lateen analyze</c>: what does not fit together in the cluster's configuration, in files, or in both.</summary>
internal static class AnalyzeCommand
{
    private const int BadUsage = 64;
    private const int Unparsed = 65;
    private const int Findings = 79;

    public static Command Create(ClusterOptions cluster)
    {
        Argument<string[]> files = new("file") { Arity = ArgumentArity.ZeroOrMore, Description = "Files or directories of YAML or JSON; - reads standard input" };
        files.Validators.Add(result =>
        {
            // Whatever begins with a dash and is no option known here was meant as one.
            if (result.Tokens.FirstOrDefault(token => token.Value.Length > 1 && token.Value.StartsWith('-')) is { } unknown)
            {
                result.AddError($"unknown flag: {unknown.Value}");
            }
        });
        Option<bool> useKube = new("--use-kube", "-k") { Description = "Use the live cluster; false analyses files alone", DefaultValueFactory = _ => true };
        Option<bool> all = new("--all-namespaces", "-A") { Description = "Analyze all namespaces" };
        Option<bool> list = new("--list-analyzers", "-L") { Description = "List the analyzers available to run" };
        Option<bool?> colour = new("--color") { Description = "Colour levels (default: on a terminal)" };
        Option<bool> verbose = new("--verbose", "-v") { Description = "Say what is analyzed and by which analyzers" };
        Option<string> output = new("--output", "-o") { Description = "log, json or yaml", DefaultValueFactory = _ => "log" };
        Option<string?> meshConfig = new("--meshConfigFile") { Description = "Overrides the mesh config values to use for analysis" };
        Option<string[]> suppress = new("--suppress", "-S") { Description = "CODE=PATTERN: do not report the code for objects 'Kind namespace/name' that match; may be repeated" };
        Option<bool> recursive = new("--recursive", "-R") { Description = "Process directory arguments recursively" };
        Option<bool> ignoreUnknown = new("--ignore-unknown") { Description = "Don't complain about files that can not be parsed" };
        Option<string> revision = new("--revision") { Description = "Analyze a specific revision deployed", DefaultValueFactory = _ => "default" };
        Option<string> failure = new("--failure-threshold") { Description = "Info, Warning or Error: the level at which to exit with a failure", DefaultValueFactory = _ => "Error" };
        Option<string> threshold = new("--output-threshold") { Description = "Info, Warning or Error: the level at which to display messages", DefaultValueFactory = _ => "Info" };
        Option<TimeSpan> timeout = new("--timeout") { Description = "Accepted and not used, as in istioctl", CustomParser = _ => TimeSpan.Zero };
        Command command = new("analyze", "Analyze Istio configuration and print validation messages")
        {
            files, useKube, all, list, colour, verbose, output, meshConfig, suppress, recursive, ignoreUnknown, revision, failure, threshold, timeout,
        };
        command.SetAction(async (line, cancellation) =>
        {
            if (line.GetValue(list))
            {
                await Console.Out.WriteAsync(AnalyzerList());
                return 0;
            }

            string format = line.GetValue(output)!;
            if (format is not ("log" or "json" or "yaml"))
            {
                await Console.Error.WriteLineAsync($"Error: {format} not a valid option for format. See 'lateen analyze --help'");
                return BadUsage;
            }

            string[] named = line.GetValue(files) ?? [];
            string? ns = line.GetValue(all) ? null : cluster.NamespaceOf(line);
            ReportOptions options = new()
            {
                Namespace = ns,
                Suppressions = [.. await SuppressionsAsync(line.GetValue(suppress) ?? [])],
                FailureThreshold = Level(line.GetValue(failure)!, "--failure-threshold"),
                OutputThreshold = Level(line.GetValue(threshold)!, "--output-threshold"),
            };
            AnalysisSources sources = new(cluster, line)
            {
                UseCluster = line.GetValue(useKube),
                Recursive = line.GetValue(recursive),
                MeshConfigFile = line.GetValue(meshConfig),
                Revision = line.GetValue(revision)!,
                DefaultNamespace = ns ?? "default",
            };
            AnalysisReading reading = await sources.ReadAsync(named, cancellation);
            if (ns is not null && reading.Namespaces is { } known && !known.Contains(ns))
            {
                await Console.Error.WriteLineAsync($"namespace {ns} not found");
                return 0;
            }

            string target = named.Length > 0 ? string.Join('\n', named) : ns is null ? "all namespaces" : $"namespace: {ns}";
            if (line.GetValue(verbose))
            {
                await Console.Error.WriteLineAsync($"Analyzed resources in {target}\nSkipped analyzers:\nExecuted analyzers:\n"
                    + string.Concat(Analyzers.All.Select(analyzer => $"\t{analyzer.Name}\n")));
            }

            AnalysisReport report = AnalysisReport.Of(reading.Mesh, options);
            await Console.Out.WriteLineAsync(format switch
            {
                "json" => MessageText.Json(report.Shown),
                "yaml" => YamlWriter.Write(JsonNode.Parse(MessageText.Json(report.Shown))).TrimEnd('\n'),
                _ => MessageText.Lines(report.Shown, line.GetValue(colour) ?? IsTerminal()),
            });
            return format == "log" ? await ConcludeAsync(report, reading, target, line.GetValue(ignoreUnknown)) : 0;
        });
        return command;
    }

    private static async Task<int> ConcludeAsync(AnalysisReport report, AnalysisReading reading, string target, bool ignoreUnknown)
    {
        foreach (ConfigProblem problem in reading.Unparsed)
        {
            await Console.Error.WriteLineAsync($"Error(s) adding files: {problem}");
        }

        if (report.HasFailed)
        {
            await Console.Error.WriteLineAsync($"Error: Analyzers found issues when analyzing {target}.\n"
                + "See https://istio.io/v1.19/docs/reference/config/analysis for more information about causes and resolutions.");
            return Findings;
        }

        if (reading.Unparsed.Length > 0 && !ignoreUnknown)
        {
            await Console.Error.WriteLineAsync("Error: Some files couldn't be parsed.");
            return Unparsed;
        }

        if (report.Shown.IsEmpty)
        {
            await Console.Error.WriteLineAsync(reading.Unparsed.IsEmpty
                ? $"✔ No validation issues found when analyzing {target}."
                : $"No validation issues found when analyzing {target} (but {reading.Unparsed.Length} could not be parsed).");
        }

        return 0;
    }

    private static string AnalyzerList() => string.Concat(Analyzers.All
        .OrderBy(analyzer => analyzer.Name, StringComparer.Ordinal)
        .Select(analyzer => $"* {analyzer.Name}:\n    {analyzer.Description}\n"));

    private static async Task<List<MessageSuppression>> SuppressionsAsync(string[] texts)
    {
        List<MessageSuppression> all = [];
        foreach (string text in texts)
        {
            MessageSuppression suppression = MessageSuppression.Parse(text)
                ?? throw new CommandException($"{text} is not a valid suppression value. See istioctl analyze --help");
            if (!suppression.IsKnownCode)
            {
                await Console.Error.WriteLineAsync(
                    $"Warning: Supplied message code '{suppression.Code}' is an unknown message code and will not have any effect.");
            }

            all.Add(suppression);
        }

        return all;
    }

    private static ProblemSeverity Level(string name, string option) => MessageText.ParseLevel(name)
        ?? throw new CommandException($"invalid argument \"{name}\" for \"{option}\" flag: \"{name}\" not a valid option, please choose from: [Info Warning Error]", BadUsage);

    private static bool IsTerminal() => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
}

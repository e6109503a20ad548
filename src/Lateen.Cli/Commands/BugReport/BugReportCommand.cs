using System.CommandLine;
using System.Globalization;
using Lateen.Cli.Cluster;
using Lateen.Inspection.BugReport;

namespace Lateen.Cli.Commands.BugReport;

/// <summary><c>lateen bug-report</c>: an archive with what support needs to see of a mesh. Private keys, tokens and what Secrets hold stay out.</summary>
internal sealed class BugReportCommand
{
    private const string ArchiveName = "bug-report.tar.gz";

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "Pods to tell of: NAMESPACES/DEPLOYMENTS/PODS/LABELS/ANNOTATIONS/CONTAINERS; may be repeated", DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _exclude = new("--exclude") { Description = "Pods not to tell of, written likewise", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _start = new("--start-time") { Description = "The time from which logs are taken, RFC 3339" };
    private readonly Option<string?> _end = new("--end-time") { Description = "The time up to which logs are taken, RFC 3339" };
    private readonly Option<string?> _duration = new("--duration") { Description = "How far back logs are taken, such as 30m or 2h; not with --start-time" };
    private readonly Option<string> _output = new("--output-dir", "--dir") { Description = "Where the archive is written", DefaultValueFactory = _ => "." };
    private readonly Option<int> _timeout = new("--timeout") { Description = "Minutes after which what is not fetched is left out", DefaultValueFactory = _ => 30 };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say what would be fetched" };
    private readonly ClusterOptions _cluster;
    private readonly TimeProvider _time = TimeProvider.System;

    private BugReportCommand(ClusterOptions cluster) => _cluster = cluster;

    public static Command Create(ClusterOptions cluster)
    {
        BugReportCommand verb = new(cluster);
        Command command = new("bug-report", "Cluster information and log capture support tool")
        {
            verb._include, verb._exclude, verb._start, verb._end, verb._duration, verb._output, verb._timeout, verb._dryRun,
        };
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task RunAsync(ParseResult line, CancellationToken cancellation)
    {
        ReportSelection selection;
        try
        {
            selection = ReportSelection.Parse(line.GetValue(_include)!, line.GetValue(_exclude)!);
        }
        catch (FormatException e)
        {
            throw new CommandException(e.Message, e);
        }

        LogWindow window = Window(line);
        using ClusterAccess access = _cluster.Open(line);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(line.GetValue(_timeout)));
        BugReportArchive archive = new(_time.GetUtcNow());
        BugReportCollector collector = new(access, selection, window, archive, Console.Out);
        await collector.CollectAsync(_cluster, line, line.GetValue(_dryRun), limit.Token);
        if (line.GetValue(_dryRun))
        {
            await Console.Out.WriteLineAsync("Dry run: nothing was fetched.");
            return;
        }

        string path = Path.Combine(line.GetValue(_output)!, ArchiveName);
        await Console.Out.WriteLineAsync($"\nCreating an archive at {Path.GetFullPath(path)}.");
        archive.Add("bug-report.log", collector.Log);
        Directory.CreateDirectory(line.GetValue(_output)!);
        await archive.WriteAsync(path, cancellation);
        await Console.Out.WriteLineAsync("Done.");
    }

    private LogWindow Window(ParseResult line)
    {
        DateTimeOffset? start = Time(line.GetValue(_start), "--start-time");
        if (line.GetValue(_duration) is not { } text)
        {
            return new LogWindow(start, Time(line.GetValue(_end), "--end-time"));
        }

        if (start is not null)
        {
            throw new CommandException("only one of --start-time or --duration may be given");
        }

        TimeSpan duration = Config.Decoding.DurationText.TryParse(text, out TimeSpan parsed) ? parsed : throw new CommandException($"--duration {text}: write it as 30m or 2h");
        DateTimeOffset? end = Time(line.GetValue(_end), "--end-time");
        return new LogWindow((end ?? _time.GetUtcNow()) - duration, end);
    }

    private static DateTimeOffset? Time(string? text, string option) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
        : throw new CommandException($"{option} {text}: write it as 2024-01-31T10:00:00Z");
}

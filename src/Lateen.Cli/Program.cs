using System.CommandLine;
using Lateen.Cli;
using Lateen.Cli.Cluster;
using Lateen.Cli.Commands.Analyze;
using Lateen.Cli.Commands.BugReport;
using Lateen.Cli.Commands.KubeInject;
using Lateen.Cli.Commands.ProxyConfig;
using Lateen.Cli.Commands.ProxyStatus;
using Lateen.Cli.Commands.Sandbox;
using Lateen.Cli.Commands.Trace;
using Lateen.Cli.Commands.Validate;
using Lateen.Cli.Commands.Version;
using Lateen.Cli.Commands.XCheckInject;
using Lateen.Cli.Commands.XDescribe;
using Lateen.Cli.Commands.XWorkload;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Up;

// istioctl: 64 is a command line that can not be understood, 1 every other failure.
const int Failure = 1;
const int BadCommandLine = 64;

// After SIGTERM or Ctrl-C a verb may take this long to leave nothing behind.
TimeSpan cleanUp = TimeSpan.FromSeconds(30);

ClusterOptions cluster = new();
RootCommand root = new("Lateen: a sidecar service mesh, for Kubernetes and for one Linux machine")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    SandboxCommand.Create(),
    AnalyzeCommand.Create(cluster),
    ValidateCommand.Create(cluster),
    ProxyStatusCommand.Create(cluster),
    ProxyConfigCommand.Create(cluster),
    TraceCommand.Create(cluster),
    VersionCommand.Create(cluster),
    KubeInjectCommand.Create(cluster),
    BugReportCommand.Create(cluster),
    new Command("experimental", "Commands that may change")
    {
        Aliases = { "x", "exp" },
        Subcommands =
        {
            CheckInjectCommand.Create(cluster), DescribeCommand.Create(cluster), XProxyStatusCommand.Create(cluster), WorkloadCommand.Create(cluster),
        },
    },
};
cluster.AddTo(root);

ParseResult line = root.Parse(args);
if (line.Errors.Count > 0)
{
    foreach (var error in line.Errors)
    {
        await Console.Error.WriteLineAsync($"Error: {error.Message}");
    }

    await Console.Error.WriteLineAsync($"Run 'lateen {string.Join(' ', line.CommandResult.Command == root ? [] : new[] { line.CommandResult.Command.Name, "" })}--help' for usage.");
    return BadCommandLine;
}

try
{
    return await line.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = cleanUp });
}
catch (Exception e) when (e is CommandException or SandboxException or KubeConfigException or KubernetesApiException or InvalidDataException or IOException or OperationCanceledException)
{
    await Console.Error.WriteLineAsync($"Error: {e.Message}");
    return e is CommandException { ExitCode: var code } ? code : Failure;
}

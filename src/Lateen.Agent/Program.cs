using Lateen.Agent.Interception;
using Lateen.Agent.Verbs;

const string usage = """
    lateen-agent: the sidecar and the gateway of the Lateen mesh.

    Usage:
      lateen-agent proxy sidecar|router [--domain SUFFIX] [--concurrency N] [--log_output_level default:info] [--xds-file FILE]
      lateen-agent request METHOD PATH [BODY] [--debug-port 15000]
      lateen-agent wait [--url URL] [--timeoutSeconds 60] [--periodMillis 500]
      lateen-agent istio-iptables [flags]
      lateen-agent istio-clean-iptables [flags]
      lateen-agent version
    """;

var rest = args.Length > 0 ? args[1..] : [];
switch (args.FirstOrDefault())
{
    case ProxyVerb.Name:
        return await ProxyVerb.RunAsync(rest, ProcessEnvironment.Read(), Console.Out, Console.Error, TimeProvider.System);
    case RequestVerb.Name:
        return await RequestVerb.RunAsync(rest, Console.Out, Console.Error, CancellationToken.None);
    case WaitVerb.Name:
        return await WaitVerb.RunAsync(rest, Console.Error, TimeProvider.System, CancellationToken.None);
    case VersionVerb.Name or "--version":
        return VersionVerb.Run(Console.Out);
    case IstioIptablesVerb.Name:
        return IstioIptablesVerb.Run(rest, ProcessEnvironment.Read(), Console.Out, Console.Error);
    case IstioCleanIptablesVerb.Name:
        return IstioCleanIptablesVerb.Run(rest, ProcessEnvironment.Read(), Console.Out, Console.Error);
    case null or "help" or "--help" or "-h":
        Console.Out.WriteLine(usage);
        return 0;
    default:
        Console.Error.WriteLine($"Error: unknown command \"{args[0]}\" for \"lateen-agent\"\n\n{usage}");
        return 1;
}

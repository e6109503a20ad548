using Lateen.Interception.Apply;
using Lateen.Interception.Netlink;
using Lateen.Interception.Options;

namespace Lateen.Agent.Interception;

/// <summary>What both interception commands share: reading options, the log, the network namespace and the programs.</summary>
internal sealed class InterceptionSession(string command, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors)
{
    private static readonly string[] ShownVariables =
    [
        "ENVOY_PORT", "INBOUND_CAPTURE_PORT", "ISTIO_INBOUND_INTERCEPTION_MODE", "ISTIO_INBOUND_TPROXY_ROUTE_TABLE", "ISTIO_INBOUND_PORTS", "ISTIO_OUTBOUND_PORTS",
        "ISTIO_LOCAL_EXCLUDE_PORTS", "ISTIO_EXCLUDE_INTERFACES", "ISTIO_SERVICE_CIDR", "ISTIO_SERVICE_EXCLUDE_CIDR", "ISTIO_META_DNS_CAPTURE", "INVALID_DROP",
    ];

    public InterceptionLog Log { get; } = ConsoleLog.To(output, TimeProvider.System);

    /// <summary>The variables that the reference shows at start, as they are set.</summary>
    public string EnvironmentReport() => "Istio iptables environment:\n" + string.Concat(ShownVariables.Select(v => $"{v}={environment.GetValueOrDefault(v, "")}\n"));

    /// <summary>Reads the options; an exit code where there is nothing further to do.</summary>
    public int? Bind(IReadOnlyList<string> arguments, out BoundOptions? options)
    {
        options = null;
        OptionValues values = OptionValues.Read(arguments, environment);
        if (values.AsksForHelp)
        {
            output.Write(OptionHelp.Text(command));
            return ExitCodes.Done;
        }

        BoundOptions bound = OptionBinder.Bind(values, SystemFacts.UserId, environment.GetValueOrDefault("ENVOY_USER", "istio-proxy"));
        foreach (string warning in bound.Warnings)
        {
            errors.WriteLine(warning);
        }

        foreach (OptionProblem problem in bound.Problems)
        {
            errors.WriteLine($"{command}: {problem}");
        }

        options = bound;
        return bound.Problems.IsEmpty ? null : ExitCodes.BadOptions;
    }

    /// <summary>Runs work in the network namespace that the options name, or here.</summary>
    public int InNamespace(ApplyOptions options, Func<int> work)
    {
        try
        {
            // With nsenter the programs enter the namespace themselves, but what is asked of the kernel directly has to be asked there as well.
            return options.NetworkNamespace.Length == 0 ? work() : NetworkNamespace.Run(options.NetworkNamespace, work);
        }
        catch (IOException e)
        {
            return Fail(e.Message, ExitCodes.BadOptions);
        }
    }

    /// <summary>The applier for this network namespace; null (and a message) where no program is installed.</summary>
    public IRuleApplier? Applier(ApplyOptions options)
    {
        string[]? prefix = options.HostNsenterExec ? ["nsenter", $"--net={options.NetworkNamespace}", "--"] : null;
        IRuleApplier? applier = RuleAppliers.Create(new ProcessToolRunner(environment.GetValueOrDefault("PATH", ""), prefix), Log);
        if (applier is null)
        {
            Fail("neither iptables-restore nor nft was found in PATH; install iptables or nftables in this image", ExitCodes.RulesFailed);
        }

        return applier;
    }

    /// <summary>Says what went wrong and returns the exit code.</summary>
    public int Fail(string message, int exitCode)
    {
        errors.WriteLine($"{command}: {message}");
        return exitCode;
    }
}

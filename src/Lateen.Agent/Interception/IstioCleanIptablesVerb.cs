using Lateen.Interception.Apply;

namespace Lateen.Agent.Interception;

/// <summary><c>lateen-agent istio-clean-iptables</c>: takes away everything that istio-iptables put in place.</summary>
internal static class IstioCleanIptablesVerb
{
    public const string Name = "istio-clean-iptables";

    /// <summary>Runs the command.</summary>
    public static int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors)
    {
        InterceptionLog log = ConsoleLog.To(output, TimeProvider.System);
        ProcessToolRunner tools = new(environment.GetValueOrDefault("PATH", ""));
        if (IptablesApplier.Create(tools, log) is not { } applier)
        {
            errors.WriteLine($"{Name}: neither iptables-restore nor nft was found in PATH; install iptables or nftables in this image");
            return ExitCodes.RulesFailed;
        }

        ApplyResult result = applier.Clean();
        if (!result.Succeeded)
        {
            errors.WriteLine($"{Name}: {result.Failure}");
            return ExitCodes.RulesFailed;
        }

        return ExitCodes.Done;
    }
}

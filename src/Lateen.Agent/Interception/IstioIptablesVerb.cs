using Lateen.Interception.Apply;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;
using Lateen.Interception.Rules;

namespace Lateen.Agent.Interception;

/// <summary>
/// <c>lateen-agent istio-iptables</c>: puts the interception rules of a pod in place. Arguments, environment and exit codes are those of
/// pilot-agent's command, 1.19.3.
/// </summary>
internal static class IstioIptablesVerb
{
    public const string Name = "istio-iptables";

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">What follows the verb.</param>
    /// <param name="environment">The process's environment.</param>
    /// <param name="output">For dry runs, help and the log.</param>
    /// <param name="errors">For problems.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors)
    {
        OptionValues values = OptionValues.Read(arguments, environment);
        if (values.AsksForHelp)
        {
            output.Write(OptionHelp.Text(Name));
            return ExitCodes.Done;
        }

        BoundOptions options = OptionBinder.Bind(values, SystemFacts.UserId, environment.GetValueOrDefault("ENVOY_USER", "istio-proxy"));
        foreach (string warning in options.Warnings)
        {
            errors.WriteLine(warning);
        }

        if (!options.Problems.IsEmpty)
        {
            foreach (OptionProblem problem in options.Problems)
            {
                errors.WriteLine($"{Name}: {problem}");
            }

            return ExitCodes.BadOptions;
        }

        InterceptionLog log = ConsoleLog.To(output, TimeProvider.System);
        HostFacts facts = SystemFacts.Read(options.Interception);
        InterceptionRules rules = InterceptionRuleBuilder.Build(options.Interception, facts);
        if (options.Apply.DryRun)
        {
            output.Write(DryRun.Text(rules, options.Apply.RestoreFormat));
            return ExitCodes.Done;
        }

        if (options.Apply.SkipRuleApply)
        {
            return ExitCodes.Done;
        }

        ProcessToolRunner tools = new(environment.GetValueOrDefault("PATH", ""));
        if (IptablesApplier.Create(tools, log) is not { } applier)
        {
            errors.WriteLine($"{Name}: neither iptables-restore nor nft was found in PATH; install iptables or nftables in this image");
            return ExitCodes.RulesFailed;
        }

        ApplyResult result = applier.Apply(rules);
        if (!result.Succeeded)
        {
            errors.WriteLine($"{Name}: {result.Failure}");
            return ExitCodes.RulesFailed;
        }

        return ExitCodes.Done;
    }
}

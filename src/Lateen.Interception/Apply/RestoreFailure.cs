using System.Globalization;
using System.Text.RegularExpressions;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>What a failed iptables-restore means: which rule, what is missing, what to do.</summary>
internal static partial class RestoreFailure
{
    /// <summary>The rule is the one on the line that the program complains about.</summary>
    public static string Explain(string program, ToolResult result, RestoreScript script) => Explain(program, result,
        LineNumber().Match(result.Errors) is { Success: true } match ? script.RuleOn(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)) : null);

    /// <summary>Which rule where that is known, what the program said, what to do.</summary>
    public static string Explain(string program, ToolResult result, Rule? rule)
    {
        string said = result.Errors.Trim().ReplaceLineEndings(" ");
        string where = rule is null ? "" : $" at the rule \"-t {rule.Table.Name()} {rule}\"";
        return $"{program} failed{where} (exit code {result.ExitCode}): {said}; {Advice(said, rule)}";
    }

    private static string Advice(string said, Rule? rule)
    {
        if (said.Contains("ermission denied", StringComparison.Ordinal) || said.Contains("not permitted", StringComparison.Ordinal))
        {
            return "the capability NET_ADMIN (and NET_RAW for ip_tables) is missing: let the pod's istio-init container have them (securityContext.capabilities.add), or use the CNI plugin";
        }

        if (said.Contains("lock", StringComparison.Ordinal))
        {
            return "another program has held the xtables lock for more than 10 s: find it (lsof /run/xtables.lock) and run this again";
        }

        string module = rule is null ? "nf_tables, or ip_tables with iptable_nat" : string.Join(", ", KernelModules.Of(rule));
        return $"the kernel module is probably missing: load it on the node (modprobe {module}) or build it into the kernel";
    }

    [GeneratedRegex(@"line:? (\d+)")]
    private static partial Regex LineNumber();
}

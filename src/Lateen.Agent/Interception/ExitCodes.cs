namespace Lateen.Agent.Interception;

/// <summary>Exit codes of the interception commands, as the reference's callers know them.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>An option is wrong, or routes could not be set up.</summary>
    public const int BadOptions = 1;

    /// <summary>The rules are not in place (validation failed). Istio CNI's repair looks for this code.</summary>
    public const int ValidationFailed = 126;

    /// <summary>A program of iptables failed.</summary>
    public const int RulesFailed = 255;
}

namespace Lateen.Interception.Rules;

/// <summary>The chains that interception uses. The ISTIO_ names are a contract: people and tools look for them.</summary>
public static class Chains
{
    public const string Prerouting = "PREROUTING";
    public const string Output = "OUTPUT";
    public const string Inbound = "ISTIO_INBOUND";
    public const string Outbound = "ISTIO_OUTPUT";
    public const string Redirect = "ISTIO_REDIRECT";
    public const string InRedirect = "ISTIO_IN_REDIRECT";
    public const string Divert = "ISTIO_DIVERT";
    public const string Tproxy = "ISTIO_TPROXY";

    /// <summary>Every chain that is ours, whatever the options.</summary>
    public static IReadOnlyList<string> Ours { get; } = [Inbound, Outbound, Redirect, InRedirect, Divert, Tproxy];

    /// <summary>Whether the chain is the kernel's own.</summary>
    public static bool IsBuiltIn(string chain) => chain is Prerouting or Output or "INPUT" or "FORWARD" or "POSTROUTING";
}

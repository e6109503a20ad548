using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>Tells our rules from other people's in what iptables-save printed.</summary>
internal static class Ownership
{
    /// <summary>Whether a printed rule stands in a built-in chain and was put there by us.</summary>
    public static bool IsOursInBuiltInChain(string rule) =>
        Chains.IsBuiltIn(SavedTable.ChainOf(rule)) && Chains.Ours.Any(c => rule.EndsWith("-j " + c, StringComparison.Ordinal));
}

using System.Collections.Immutable;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Evaluation;

/// <summary>Where a packet ends up.</summary>
public enum VerdictKind
{
    /// <summary>At the destination that it was sent to.</summary>
    Direct,

    /// <summary>At a local port, its destination rewritten; SO_ORIGINAL_DST tells the first one.</summary>
    Redirected,

    /// <summary>At a local port, unchanged.</summary>
    HandedOver,

    /// <summary>Nowhere.</summary>
    Dropped,
}

/// <summary>What the rules make of a packet.</summary>
/// <param name="Kind">Where it ends up.</param>
/// <param name="Port">The local port for <see cref="VerdictKind.Redirected"/> and <see cref="VerdictKind.HandedOver"/>, else the packet's destination port.</param>
/// <param name="Mark">Its mark at the end.</param>
/// <param name="ConntrackZone">The zone of its connection; 0 is the common one.</param>
public sealed record Verdict(VerdictKind Kind, ushort Port, uint Mark, ushort ConntrackZone);

/// <summary>One rule that a packet was held against.</summary>
/// <param name="Hook">PREROUTING or OUTPUT: where the packet was at that moment.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Matched">Whether the packet met all of its conditions.</param>
/// <param name="Sentence">Why it matched and what that means, or which condition failed.</param>
public sealed record RuleStep(string Hook, Rule Rule, bool Matched, string Sentence);

/// <summary>A verdict and the way to it: every rule in order, the ones that did not match included.</summary>
public sealed record Evaluation(Verdict Verdict, ImmutableArray<RuleStep> Steps)
{
    /// <summary>The rules that matched.</summary>
    public IEnumerable<RuleStep> Passed => Steps.Where(s => s.Matched);

    /// <summary>The rule that settled the matter: the last that matched; null where none did.</summary>
    public RuleStep? Decisive => Steps.LastOrDefault(s => s.Matched);
}

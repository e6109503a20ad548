using System.Collections.Immutable;

namespace Lateen.Interception.Rules;

/// <summary>One rule: all matches hold -> the target.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">The chain it stands in.</param>
/// <param name="Matches">Conditions, in the order in which the reference prints them.</param>
/// <param name="Target">What happens to a packet that meets all of them.</param>
/// <param name="Reason">Why the rule exists: one sentence about the packets that match it.</param>
public sealed record Rule(Table Table, string Chain, ImmutableArray<Match> Matches, Target Target, string Reason)
{
    /// <summary>1-based position where the rule is inserted (-I); null: it is appended (-A).</summary>
    public int? Position { get; init; }

    /// <summary>Matches and target as iptables takes them, word by word.</summary>
    public IEnumerable<string> Specification => [.. Matches.SelectMany(m => m.Words), .. Target.Words];

    /// <summary>The rule as <c>iptables -S</c> would list it, in the reference's spelling.</summary>
    public override string ToString() => $"-A {Chain} {string.Join(' ', Specification)}";
}

using System.Globalization;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Rendering;

/// <summary>The words that put a rule into its chain.</summary>
internal static class RuleText
{
    /// <summary>-A CHAIN … or -I CHAIN POSITION ….</summary>
    public static IEnumerable<string> Placed(Rule rule) => rule.Position is { } position
        ? ["-I", rule.Chain, position.ToString(CultureInfo.InvariantCulture), .. rule.Specification]
        : ["-A", rule.Chain, .. rule.Specification];
}

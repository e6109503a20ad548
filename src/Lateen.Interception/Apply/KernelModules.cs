using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>Kernel modules that a rule needs besides its table.</summary>
internal static class KernelModules
{
    public static IEnumerable<string> Of(Rule rule) => rule.Matches.Select(Of).Append(Of(rule.Target)).OfType<string>().Append($"iptable_{rule.Table.Name()}").Distinct();

    private static string? Of(Match match) => match switch
    {
        Match.User or Match.Group => "xt_owner",
        Match.NoDestinationPort => "xt_multiport",
        Match.Mark => "xt_mark",
        Match.ConnectionMark => "xt_connmark",
        Match.State => "xt_conntrack",
        _ => null,
    };

    private static string? Of(Target target) => target switch
    {
        Target.Redirect => "xt_REDIRECT",
        Target.TransparentProxy => "xt_TPROXY",
        Target.SetMark => "xt_mark",
        Target.SaveMark or Target.RestoreMark => "xt_connmark",
        Target.ConntrackZone => "xt_CT",
        Target.Log => "xt_NFLOG",
        _ => null,
    };
}

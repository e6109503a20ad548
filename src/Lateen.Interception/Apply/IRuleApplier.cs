using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>Brings the kernel of the calling thread's network namespace to a rule set, and back.</summary>
public interface IRuleApplier
{
    /// <summary>The backend in use.</summary>
    Backend Backend { get; }

    /// <summary>Replaces whatever of ours is there by the rules. Doing it twice ends in the same state.</summary>
    /// <param name="restoreFormat">All rules at once; false: one command per rule.</param>
    ApplyResult Apply(InterceptionRules rules, bool restoreFormat);

    /// <summary>Takes away everything of ours, IPv4 and IPv6, and nothing else.</summary>
    ApplyResult Clean();

    /// <summary>The rules as they are now, ours and others', as the backend's program prints them.</summary>
    string Save(IpVersion version);
}

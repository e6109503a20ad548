using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Translation.Clusters;

/// <summary>What an outbound cluster stands for: a port of a service, perhaps one subset.</summary>
internal sealed record OutboundTarget(
    Service Service,
    ServicePort Port,
    DestinationRuleConfig? Rule,
    EquatableArray<ConfigMeta> RuleSources,
    Subset? Subset);

using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>Incremental xDS on the wire.</summary>
internal sealed class DeltaVariant(string controlPlane, NameSetPool names) : IStreamVariant<DeltaDiscoveryRequest>
{
    private readonly DeltaState _state = new(names);

    public bool IsDelta => true;

    public IEnumerable<TypeSubscription> Types => _state.Types;

    public TypeSubscription? Find(string typeUrl) => _state.Find(typeUrl);

    public Node? NodeOf(DeltaDiscoveryRequest request) => request.Node;

    public string TypeUrlOf(DeltaDiscoveryRequest request) => request.TypeUrl;

    public RequestVerdict OnRequest(DeltaDiscoveryRequest request, DateTimeOffset now) => _state.OnRequest(request, now);

    public XdsResponse? Respond(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only, string nonce, DateTimeOffset now)
    {
        if (DeltaState.Select(type, set, isWanted, only) is not { } change)
        {
            return null;
        }
        type.OnSent(set.Version, nonce, now);
        return new XdsResponse(IsDelta, type.TypeUrl, set.Version, nonce, change.Resources, change.Removed, controlPlane);
    }
}

using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>Incremental xDS on the wire.</summary>
internal sealed class DeltaVariant(ControlPlane? controlPlane) : IStreamVariant<DeltaDiscoveryRequest, DeltaDiscoveryResponse>
{
    private readonly DeltaState _state = new();

    public bool IsDelta => true;

    public IEnumerable<TypeSubscription> Types => _state.Types;

    public TypeSubscription? Find(string typeUrl) => _state.Find(typeUrl);

    public Node? NodeOf(DeltaDiscoveryRequest request) => request.Node;

    public string TypeUrlOf(DeltaDiscoveryRequest request) => request.TypeUrl;

    public RequestVerdict OnRequest(DeltaDiscoveryRequest request, DateTimeOffset now) => _state.OnRequest(request, now);

    public DeltaDiscoveryResponse? Respond(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only, string nonce, DateTimeOffset now)
    {
        if (DeltaState.Select(type, set, isWanted, only) is not { } change)
        {
            return null;
        }
        type.OnSent(set.Version, nonce, now);
        var response = new DeltaDiscoveryResponse
        {
            TypeUrl = type.TypeUrl,
            SystemVersionInfo = set.Version,
            Nonce = nonce,
            ControlPlane = controlPlane,
        };
        foreach (var resource in change.Resources)
        {
            response.Resources.Add(new Resource { Name = resource.Name, Version = resource.Version, Resource_ = resource.Body });
        }
        response.RemovedResources.AddRange(change.Removed);
        return response;
    }

    public int Count(DeltaDiscoveryResponse response) => response.Resources.Count + response.RemovedResources.Count;

    public int Size(DeltaDiscoveryResponse response) => response.CalculateSize();
}

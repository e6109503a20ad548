using Envoy.Config.Core.V3;

namespace Lateen.Xds.Server;

/// <summary>State of the world on the wire.</summary>
internal sealed class SotwVariant(string controlPlane) : IStreamVariant<SotwRequest>
{
    private readonly SotwState _state = new();

    public bool IsDelta => false;

    public IEnumerable<TypeSubscription> Types => _state.Types;

    public TypeSubscription? Find(string typeUrl) => _state.Find(typeUrl);

    public Node? NodeOf(SotwRequest request) => request.Message.Node;

    public string TypeUrlOf(SotwRequest request) => request.Message.TypeUrl;

    public RequestVerdict OnRequest(SotwRequest request, DateTimeOffset now) => _state.OnRequest(request.Message, request.Names, now);

    public XdsResponse? Respond(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only, string nonce, DateTimeOffset now)
    {
        if (SotwState.Select(type, set, isWanted) is not { } resources)
        {
            return null;
        }
        _state.OnSent(type, set.Version, nonce, now);
        return new XdsResponse(IsDelta, type.TypeUrl, set.Version, nonce, resources, [], controlPlane);
    }
}

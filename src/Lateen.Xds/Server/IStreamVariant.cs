using Envoy.Config.Core.V3;

namespace Lateen.Xds.Server;

/// <summary>One of the two variants of the protocol, as the stream loop sees it: pure state behind typed messages.</summary>
internal interface IStreamVariant<TRequest>
{
    bool IsDelta { get; }

    IEnumerable<TypeSubscription> Types { get; }

    TypeSubscription? Find(string typeUrl);

    Node? NodeOf(TRequest request);

    string TypeUrlOf(TRequest request);

    RequestVerdict OnRequest(TRequest request, DateTimeOffset now);

    /// <summary>The response to send, its bookkeeping done; null when the proxy has everything.</summary>
    /// <param name="only">The only names that were looked at; null means all.</param>
    XdsResponse? Respond(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only, string nonce, DateTimeOffset now);
}

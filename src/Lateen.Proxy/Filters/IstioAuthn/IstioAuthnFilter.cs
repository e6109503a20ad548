using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Istio.Envoy.Config.Filter.Http.Authn.V2alpha1;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Filters.JwtAuthn;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.Filters.IstioAuthn;

/// <summary>Makes Istio's request attributes of a verified token: `request.auth.principal` and its kin, which access rules compare.</summary>
/// <remarks>Istio's authn filter: the first of its issuers whose payload is there counts. The peer's identity needs no attribute here: rules ask the connection.</remarks>
internal sealed class IstioAuthnFilter : HttpFilterFactory
{
    private const string MetadataKey = "istio_authn";

    private readonly System.Runtime.CompilerServices.ConditionalWeakTable<Struct, Struct> _attributes = [];

    /// <summary>The issuers in order.</summary>
    public required string[] Issuers { get; init; }

    public static IstioAuthnFilter Compile(CompileScope scope, HttpFilter filter, string path)
    {
        FilterConfig? config = scope.Unpack(filter.TypedConfig, FilterConfig.Parser, path);
        return new IstioAuthnFilter
        {
            Name = filter.Name,
            Issuers = [.. config?.Policy?.Origins.Select(o => o.Jwt.Issuer) ?? []],
        };
    }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        if (exchange.Metadata?[JwtFilter.MetadataKey] is { } payloads)
        {
            foreach (string issuer in Issuers)
            {
                if (payloads.Fields.TryGetValue(issuer, out Value? payload) && payload.KindCase == Value.KindOneofCase.StructValue)
                {
                    // The payload of a token that was seen before is the same object, and so are its attributes.
                    exchange.WriteMetadata()[MetadataKey] = _attributes.GetValue(payload.StructValue, static p => RequestAttributes.Of(p));
                    break;
                }
            }
        }
        return FilterVerdict.Continue;
    }
}

using Lateen.Model;
using Lateen.Model.Policies;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>One way in which connections of an inbound port are told apart and handled.</summary>
/// <param name="Transport">`tls` or `raw_buffer`.</param>
/// <param name="Alpn">The application protocols that choose it; empty = any.</param>
/// <param name="IsHttp">HTTP is spoken inside.</param>
/// <param name="EndsTls">Mutual TLS of the mesh ends here.</param>
internal sealed record InboundChainKind(string Transport, EquatableArray<string> Alpn, bool IsHttp, bool EndsTls)
{
    private static readonly EquatableArray<string> MutualHttp = ["istio-http/1.0", "istio-http/1.1", "istio-h2"];
    private static readonly EquatableArray<string> MutualTcp = [PeerExchange.Protocol, "istio"];
    /// <summary>What callers of the mesh say inside of its TLS, whatever they speak.</summary>
    public static readonly EquatableArray<string> MutualAny = ["istio", PeerExchange.Protocol, .. MutualHttp];
    private static readonly EquatableArray<string> PlainHttp = ["http/1.1", "h2c"];

    private const string Tls = "tls";
    private const string Raw = "raw_buffer";

    /// <summary>The chains of a port by its mode and protocol, in the order in which Istio writes them.</summary>
    public static EquatableArray<InboundChainKind> Of(MutualTlsMode mode, Protocol protocol, bool http10)
    {
        EquatableArray<string> plainHttp = http10 ? ["http/1.0", .. PlainHttp] : PlainHttp;
        return (mode, protocol.IsHttp(), protocol.IsUnsupported()) switch
        {
            (MutualTlsMode.Strict, true, _) => [new(Tls, [], true, true)],
            (MutualTlsMode.Strict, _, true) => [new(Tls, MutualHttp, true, true), new(Tls, [], false, true)],
            (MutualTlsMode.Strict, _, _) => [new(Tls, [], false, true)],
            (MutualTlsMode.Disable, true, _) => [new(Raw, [], true, false)],
            (MutualTlsMode.Disable, _, true) => [new(Raw, plainHttp, true, false), new(Raw, [], false, false)],
            (MutualTlsMode.Disable, _, _) => [new(Raw, [], false, false)],
            (_, true, _) => [new(Tls, MutualAny, true, true), new(Raw, [], true, false)],
            (_, _, true) =>
            [
                new(Tls, MutualHttp, true, true),
                new(Raw, plainHttp, true, false),
                new(Tls, MutualTcp, false, true),
                new(Raw, [], false, false),
                new(Tls, [], false, false),
            ],
            _ => [new(Tls, MutualAny, false, true), new(Tls, [], false, false), new(Raw, [], false, false)],
        };
    }
}

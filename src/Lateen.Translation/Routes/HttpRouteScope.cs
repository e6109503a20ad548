using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>For whom the routes of a VirtualService are made.</summary>
internal sealed record HttpRouteScope
{
    public required ProxyContext Context { get; init; }

    public required VirtualServiceConfig Source { get; init; }

    /// <summary>The port that callers use.</summary>
    public required int ListenPort { get; init; }

    /// <summary>`mesh`, or the gateways (`namespace/name`) behind the port.</summary>
    public required IReadOnlySet<string> Gateways { get; init; }

    /// <summary>The services that the virtual host may lead to, by host.</summary>
    public required IReadOnlyDictionary<string, Service> Services { get; init; }

    /// <summary>HTTP/3 is offered on the same port (gateway with QUIC).</summary>
    public bool OffersHttp3 { get; init; }

    /// <summary>On gateways claims of tokens may be matched, and redirect ports may be derived from the listener.</summary>
    public bool IsGateway { get; init; }

    /// <summary>Callers speak TLS, which ends at the listener.</summary>
    public bool IsTls { get; init; }

    /// <summary>Reports something in the VirtualService that cannot be honoured.</summary>
    public void Report(string path, string what, string fix, string code = "") =>
        Context.Report(Source.Meta, path, what, fix, code);
}

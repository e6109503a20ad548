using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Lateen.Api;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>Transport sockets for <see cref="ProxyBed"/>, with secrets by name.</summary>
internal static class TlsBed
{
    public const string KeyName = "default", RootName = "ROOTCA";

    public static SdsSecretConfig Sds(string name) => new() { Name = name, SdsConfig = new() { ApiConfigSource = new() } };

    public static CommonTlsContext Common(bool trust, params string[] sans)
    {
        CommonTlsContext common = new();
        common.TlsCertificateSdsSecretConfigs.Add(Sds(KeyName));
        if (trust)
        {
            CertificateValidationContext rules = new();
#pragma warning disable CS0612
            rules.MatchSubjectAltNames.AddRange(sans.Select(s => new Envoy.Type.Matcher.V3.StringMatcher { Exact = s }));
#pragma warning restore CS0612
            common.CombinedValidationContext = new() { DefaultValidationContext = rules, ValidationContextSdsSecretConfig = Sds(RootName) };
        }
        return common;
    }

    public static TransportSocket Server(CommonTlsContext common, bool requireClient = false) =>
        Socket(new DownstreamTlsContext { CommonTlsContext = common, RequireClientCertificate = requireClient });

    public static TransportSocket Client(CommonTlsContext common, string sni = "") =>
        Socket(new UpstreamTlsContext { CommonTlsContext = common, Sni = sni });

    public static TransportSocket Socket(IMessage context) =>
        new() { Name = "envoy.transport_sockets.tls", TypedConfig = ProxyBed.Pack(context) };

    public static void Secrets(this ProxyBed bed, params Secret[] secrets) => bed.Apply(TypeUrls.Secret, [.. secrets]);

    /// <summary>Listener "http" ends TLS and forwards to the backend.</summary>
    public static void ServeTls(this ProxyBed bed, IPEndPoint backend, TransportSocket socket, Action<HttpConnectionManager>? manager = null)
    {
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend));
        bed.Apply(TypeUrls.Listener, TlsListener("http", socket, manager));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
    }

    public static Listener TlsListener(string name, TransportSocket socket, Action<HttpConnectionManager>? manager = null)
    {
        Listener listener = ProxyBed.HttpListener(name, ProxyBed.Manager("routes", manager));
        listener.FilterChains[0].TransportSocket = socket;
        return listener;
    }

    /// <summary>Listener "out" takes plain requests and sends them over TLS to where "http" of the other bed listens.</summary>
    public static void CallTls(this ProxyBed bed, IPEndPoint server, TransportSocket socket, Action<Cluster>? change = null)
    {
        Cluster cluster = ProxyBed.Eds("peer");
        cluster.TransportSocket = socket;
        change?.Invoke(cluster);
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("peer", server));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("out", ProxyBed.Manager("out-routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("out-routes", ProxyBed.To("peer")));
    }

    public static long Stat(this ProxyBed bed, string suffix) =>
        bed.Server.Stats().Where(s => s.Name.EndsWith(suffix, StringComparison.Ordinal)).Sum(s => s.Value);

    /// <summary>Waits until a statistic is there: a loop counts right after it has sent what the test may have seen already.</summary>
    public static async Task StatShouldBecomeAsync(this ProxyBed bed, string suffix, long expected)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (bed.Stat(suffix) != expected)
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{suffix} is {bed.Stat(suffix)}, expected {expected}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}

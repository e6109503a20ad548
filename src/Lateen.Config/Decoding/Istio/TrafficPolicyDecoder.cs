using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads TrafficPolicy and its blocks, except load balancing.</summary>
internal static class TrafficPolicyDecoder
{
    private static readonly ChoiceNames<ClientTlsMode> TlsModes = Choices.Of<ClientTlsMode>();

    private static readonly ChoiceNames<H2UpgradePolicy> UpgradePolicies = Choices.Of<H2UpgradePolicy>();

    private static readonly ChoiceNames<ProxyProtocolVersion> ProxyProtocolVersions = Choices.Of<ProxyProtocolVersion>();

    public static TrafficPolicy Read(ObjectReader policy)
    {
        if (policy.CountPresent("loadBalancer", "connectionPool", "outlierDetection", "tls", "portLevelSettings", "tunnel", "proxyProtocol") == 0)
        {
            policy.Problem("an empty traffic policy", "give at least one setting, or remove it");
        }

        return new TrafficPolicy
        {
            LoadBalancer = policy["loadBalancer"].Message(LoadBalancerDecoder.Read),
            ConnectionPool = policy["connectionPool"].Message(ReadConnectionPool),
            OutlierDetection = policy["outlierDetection"].Message(ReadOutlierDetection),
            Tls = policy["tls"].Message(ReadTls),
            PortLevelSettings = policy["portLevelSettings"].Messages(ReadPort),
            Tunnel = policy["tunnel"].Message(ReadTunnel),
            ProxyProtocol = policy["proxyProtocol"].Message(ReadProxyProtocol)?.Version,
        };
    }

    public static ConnectionPoolSettings ReadConnectionPool(ObjectReader pool)
    {
        if (pool.CountPresent("tcp", "http") == 0)
        {
            pool.Problem("an empty connection pool", "give tcp or http settings");
        }

        return new ConnectionPoolSettings(pool["tcp"].Message(ReadTcp), pool["http"].Message(ReadHttp));
    }

    public static ClientTlsSettings ReadTls(ObjectReader tls)
    {
        var result = new ClientTlsSettings
        {
            Mode = tls["mode"].Choice(TlsModes) ?? ClientTlsMode.Disable,
            ClientCertificate = tls["clientCertificate"].Text() ?? "",
            PrivateKey = tls["privateKey"].Text() ?? "",
            CaCertificates = tls["caCertificates"].Text() ?? "",
            CaCrl = tls["caCrl"].Text() ?? "",
            CredentialName = tls["credentialName"].Text() ?? "",
            SubjectAltNames = tls["subjectAltNames"].Texts(),
            Sni = tls["sni"].Text() ?? "",
            InsecureSkipVerify = tls["insecureSkipVerify"].Boolean(),
        };
        CheckTls(tls, result);
        return result;
    }

    internal static TcpKeepalive ReadKeepalive(ObjectReader keepalive) => new(
        keepalive["probes"].Unsigned32() ?? 0,
        keepalive["time"].Milliseconds(),
        keepalive["interval"].Milliseconds());

    private static void CheckTls(ObjectReader tls, ClientTlsSettings settings)
    {
        if (settings.InsecureSkipVerify == true
            && (settings.CaCertificates.Length > 0 || settings.CredentialName.Length > 0 || !settings.SubjectAltNames.IsEmpty)
            && (settings.Mode == ClientTlsMode.Simple || settings.CaCertificates.Length > 0 || !settings.SubjectAltNames.IsEmpty))
        {
            tls["insecureSkipVerify"].Problem(
                "verification is switched off and told what to verify", "remove insecureSkipVerify, or caCertificates and subjectAltNames");
        }

        if (settings.Mode == ClientTlsMode.Simple && settings.CredentialName.Length > 0
            && settings.ClientCertificate.Length + settings.PrivateKey.Length + settings.CaCertificates.Length > 0)
        {
            tls["credentialName"].Problem(
                "certificates come from a Secret and from files", "remove clientCertificate, privateKey and caCertificates, or credentialName");
        }

        if (settings.Mode == ClientTlsMode.Mutual)
        {
            if (settings.CredentialName.Length > 0)
            {
                if (settings.ClientCertificate.Length + settings.PrivateKey.Length + settings.CaCertificates.Length > 0)
                {
                    tls["credentialName"].Problem(
                        "certificates come from a Secret and from files", "remove clientCertificate, privateKey and caCertificates, or credentialName");
                }
            }
            else
            {
                tls["clientCertificate"].Required("MUTUAL shows a certificate: name its file, or a credentialName");
                tls["privateKey"].Required("MUTUAL shows a certificate: name its key's file, or a credentialName");
            }
        }

        if (settings.Mode == ClientTlsMode.IstioMutual
            && (settings.ClientCertificate.Length + settings.PrivateKey.Length + settings.CaCertificates.Length + settings.CredentialName.Length > 0))
        {
            tls.Problem("ISTIO_MUTUAL uses the mesh's own certificates", "remove clientCertificate, privateKey, caCertificates and credentialName");
        }
    }

    private static PortTrafficPolicy ReadPort(ObjectReader policy)
    {
        uint? port = null;
        if (!policy["port"].IsPresent)
        {
            policy.Problem("settings of a port without port", "set port.number");
        }

        policy["port"].Message(selector =>
        {
            port = selector["number"].Port();
            if (!selector["number"].IsPresent)
            {
                selector.Problem("a port without number", "set number to the service's port");
            }

            return selector;
        });
        return new PortTrafficPolicy
        {
            Port = (int)(port ?? 0),
            LoadBalancer = policy["loadBalancer"].Message(LoadBalancerDecoder.Read),
            ConnectionPool = policy["connectionPool"].Message(ReadConnectionPool),
            OutlierDetection = policy["outlierDetection"].Message(ReadOutlierDetection),
            Tls = policy["tls"].Message(ReadTls),
        };
    }

    private static TcpConnectionPool ReadTcp(ObjectReader tcp)
    {
        tcp.Ignore("idleTimeout");
        return new TcpConnectionPool
        {
            MaxConnections = tcp["maxConnections"].Number32(0) ?? 0,
            ConnectTimeout = tcp["connectTimeout"].Milliseconds(),
            TcpKeepalive = tcp["tcpKeepalive"].Message(ReadKeepalive),
            MaxConnectionDuration = tcp["maxConnectionDuration"].Milliseconds(),
        };
    }

    private static HttpConnectionPool ReadHttp(ObjectReader http)
    {
        var result = new HttpConnectionPool
        {
            Http1MaxPendingRequests = http["http1MaxPendingRequests"].Number32(0) ?? 0,
            Http2MaxRequests = http["http2MaxRequests"].Number32(0) ?? 0,
            MaxRequestsPerConnection = http["maxRequestsPerConnection"].Number32(0) ?? 0,
            MaxRetries = http["maxRetries"].Number32(0) ?? 0,
            IdleTimeout = http["idleTimeout"].Milliseconds(),
            H2UpgradePolicy = http["h2UpgradePolicy"].Choice(UpgradePolicies) ?? H2UpgradePolicy.Default,
            UseClientProtocol = http["useClientProtocol"].Boolean() ?? false,
            MaxConcurrentStreams = http["maxConcurrentStreams"].Number32(0) ?? 0,
        };
        if (result is { UseClientProtocol: true, H2UpgradePolicy: H2UpgradePolicy.Upgrade })
        {
            http["h2UpgradePolicy"].Problem("useClientProtocol keeps the client's protocol, UPGRADE changes it", "keep one");
        }

        return result;
    }

    private static OutlierDetection ReadOutlierDetection(ObjectReader outlier) => new()
    {
        ConsecutiveGatewayErrors = outlier["consecutiveGatewayErrors"].Unsigned32(),
        Consecutive5xxErrors = outlier["consecutive5xxErrors"].Unsigned32(),
        ConsecutiveErrors = outlier["consecutiveErrors"].Number32(0) ?? 0,
        ConsecutiveLocalOriginFailures = LocalOrigin(outlier),
        SplitExternalLocalOriginErrors = outlier["splitExternalLocalOriginErrors"].Boolean() ?? false,
        Interval = outlier["interval"].Milliseconds(),
        BaseEjectionTime = outlier["baseEjectionTime"].Milliseconds(),
        MaxEjectionPercent = outlier["maxEjectionPercent"].Percent() ?? 0,
        MinHealthPercent = outlier["minHealthPercent"].Percent() ?? 0,
    };

    private static uint? LocalOrigin(ObjectReader outlier)
    {
        var value = outlier["consecutiveLocalOriginFailures"].Unsigned32();
        if (value > 0 && outlier["splitExternalLocalOriginErrors"].Boolean() != true)
        {
            outlier["consecutiveLocalOriginFailures"].Problem(
                "has an effect only with splitExternalLocalOriginErrors", "set splitExternalLocalOriginErrors: true");
        }

        return value;
    }

    private static TunnelSettings ReadTunnel(ObjectReader tunnel)
    {
        var protocol = tunnel["protocol"].Text() ?? "";
        if (protocol is not ("" or "CONNECT" or "POST"))
        {
            tunnel["protocol"].Problem($"\"{protocol}\" is no tunnel protocol", "use CONNECT or POST");
        }

        var host = tunnel["targetHost"].Required("name the host at the end of the tunnel");
        if (!string.IsNullOrEmpty(host) && !NameRules.IsDnsName(host) && !NameRules.IsIpAddress(host))
        {
            tunnel["targetHost"].Problem($"\"{host}\" is neither a DNS name nor an IP address");
        }

        var port = tunnel["targetPort"].Port();
        if (!tunnel["targetPort"].IsPresent)
        {
            tunnel.Problem("a tunnel without targetPort", "set it to 1-65535");
        }

        return new TunnelSettings(protocol.Length == 0 ? "CONNECT" : protocol, host ?? "", (int)(port ?? 0));
    }

    private static ProxyProtocolBox ReadProxyProtocol(ObjectReader protocol) =>
        new(protocol["version"].Choice(ProxyProtocolVersions) ?? ProxyProtocolVersion.V1);

    private sealed record ProxyProtocolBox(ProxyProtocolVersion Version);
}

namespace Lateen.Model.Mesh;

/// <summary>The switches of the control plane that change what proxies get; named after Istio's environment variables (`PILOT_…`).</summary>
public sealed record ControlPlaneSettings
{
    public static ControlPlaneSettings Default { get; } = new();

    /// <summary>PILOT_JWT_ENABLE_REMOTE_JWKS: who fetches the keys that tokens are verified with.</summary>
    public JwksFetchMode JwksFetch { get; init; }

    /// <summary>PILOT_HTTP10: HTTP/1.0 is accepted.</summary>
    public bool Http10 { get; init; }

    /// <summary>PILOT_ENABLE_HEADLESS_SERVICE_POD_LISTENERS.</summary>
    public bool HeadlessServicePodListeners { get; init; } = true;

    /// <summary>PILOT_ENABLE_INBOUND_PASSTHROUGH: traffic for ports that no service names is passed on.</summary>
    public bool InboundPassthrough { get; init; } = true;

    /// <summary>PILOT_SKIP_VALIDATE_TRUST_DOMAIN.</summary>
    public bool SkipValidateTrustDomain { get; init; }

    /// <summary>PILOT_SCOPE_GATEWAY_TO_NAMESPACE: Gateways select workloads of their own namespace only.</summary>
    public bool ScopeGatewayToNamespace { get; init; }

    /// <summary>K_INGRESS_NS: where the Gateways that Ingresses stand for live.</summary>
    public string IngressNamespace { get; init; } = "istio-system";

    /// <summary>PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: gateways get only the clusters that their routes name.</summary>
    public bool FilterGatewayClusterConfig { get; init; }

    /// <summary>PILOT_SEND_UNHEALTHY_ENDPOINTS.</summary>
    public bool SendUnhealthyEndpoints { get; init; }

    /// <summary>PILOT_TRACE_SAMPLING, percent.</summary>
    public double TraceSampling { get; init; } = 1;

    /// <summary>PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES.</summary>
    public bool EdsForHeadlessServices { get; init; }

    /// <summary>VERIFY_CERTIFICATE_AT_CLIENT.</summary>
    public bool VerifyCertificateAtClient { get; init; }

    /// <summary>ENABLE_AUTO_SNI.</summary>
    public bool AutoSni { get; init; }

    /// <summary>ENABLE_TLS_ON_SIDECAR_INGRESS.</summary>
    public bool TlsOnSidecarIngress { get; init; }

    /// <summary>PILOT_SIDECAR_USE_REMOTE_ADDRESS.</summary>
    public bool SidecarUseRemoteAddress { get; init; }

    /// <summary>PILOT_ENABLE_MONGO_FILTER, PILOT_ENABLE_REDIS_FILTER, PILOT_ENABLE_MYSQL_FILTER.</summary>
    public bool MongoFilter { get; init; } = true;

    public bool RedisFilter { get; init; }

    public bool MySqlFilter { get; init; }

    /// <summary>PILOT_ENABLE_ALPN_FILTER.</summary>
    public bool AlpnFilter { get; init; } = true;

    /// <summary>PILOT_ENABLE_PERSISTENT_SESSION_FILTER.</summary>
    public bool PersistentSessionFilter { get; init; }

    /// <summary>PILOT_ENABLE_QUIC_LISTENERS.</summary>
    public bool QuicListeners { get; init; }

    /// <summary>PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE.</summary>
    public bool MergeSidecarServiceInbound { get; init; }


    /// <summary>ISTIO_DUAL_STACK.</summary>
    public bool DualStack { get; init; }

    /// <summary>ENABLE_MCS_HOST and its kin; `clusterset.local` names.</summary>
    public bool McsHost { get; init; }

    /// <summary>ENABLE_MULTICLUSTER_HEADLESS.</summary>
    public bool MultiClusterHeadless { get; init; } = true;

    /// <summary>PILOT_ENABLE_DESTINATION_RULE_INHERITANCE.</summary>
    public bool DestinationRuleInheritance { get; init; }

    /// <summary>ENABLE_EXTERNAL_NAME_ALIAS.</summary>
    public bool ExternalNameAlias { get; init; }

}

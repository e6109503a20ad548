using Envoy.Config.Core.V3;
using Envoy.Data.Accesslog.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Sockets;
using Lateen.Net.Tls;

namespace Lateen.Proxy.AccessLog.Remote;

/// <summary>What entries of requests and of connections have in common (envoy.data.accesslog.v3.AccessLogCommon).</summary>
internal static class GrpcLogCommon
{
    public static AccessLogCommon Of(StreamInfo info, AccessLogType type)
    {
        AccessLogCommon common = new()
        {
            SampleRate = 1,
            DownstreamRemoteAddress = AddressOf(info.DownstreamRemote),
            DownstreamLocalAddress = AddressOf(info.DownstreamLocal),
            DownstreamDirectRemoteAddress = AddressOf(info.DownstreamDirect),
            UpstreamRemoteAddress = info.Host is null ? null : AddressOf(info.Host.Address),
            UpstreamLocalAddress = AddressOf(info.UpstreamLocal),
            UpstreamCluster = info.Cluster?.Config?.ObservabilityName ?? "",
            StartTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(info.StartWall)),
            TimeToLastRxByte = Since(info, info.LastDownstreamIn),
            TimeToLastUpstreamTxByte = Since(info, info.LastUpstreamOut),
            TimeToFirstUpstreamRxByte = Since(info, info.FirstUpstreamIn),
            TimeToLastDownstreamTxByte = Since(info, info.End),
            Duration = Since(info, info.End),
            UpstreamTransportFailureReason = info.TransportFailure ?? "",
            DownstreamTransportFailureReason = info.DownstreamTransportFailure ?? "",
            RouteName = info.RouteName ?? "",
            UpstreamRequestAttemptCount = (uint)info.Attempts,
            ConnectionTerminationDetails = info.TerminationDetails ?? "",
            AccessLogType = type,
            ResponseFlags = Flags(info.Flags),
            TlsProperties = Tls(info),
        };
        return common;
    }

    private static Duration? Since(StreamInfo info, long time) => time < 0 ? null : Duration.FromTimeSpan(TimeSpan.FromMilliseconds(time - info.Start));

    private static Address? AddressOf(in IpEndpoint endpoint) => endpoint.IsValid
        ? new Address { SocketAddress = new() { Address = endpoint.ToAddress().ToString(), PortValue = endpoint.Port } } : null;

    private static TLSProperties? Tls(StreamInfo info)
    {
        if (info.DownstreamTls is not { Details: { } details } state)
        {
            return null;
        }
        return new TLSProperties
        {
            TlsVersion = details.Version switch
            {
                "TLSv1" => TLSProperties.Types.TLSVersion.Tlsv1,
                "TLSv1.1" => TLSProperties.Types.TLSVersion.Tlsv11,
                "TLSv1.2" => TLSProperties.Types.TLSVersion.Tlsv12,
                "TLSv1.3" => TLSProperties.Types.TLSVersion.Tlsv13,
                _ => TLSProperties.Types.TLSVersion.VersionUnspecified,
            },
            TlsSniHostname = info.ServerName ?? "",
            TlsSessionId = details.SessionId,
            LocalCertificateProperties = Certificate(state.Local),
            PeerCertificateProperties = Certificate(details.Peer),
        };
    }

    private static TLSProperties.Types.CertificateProperties? Certificate(PeerCertificate? certificate)
    {
        if (certificate is null)
        {
            return null;
        }
        TLSProperties.Types.CertificateProperties properties = new() { Subject = certificate.Subject, Issuer = certificate.Issuer };
        properties.SubjectAltName.AddRange(certificate.UriNames.Select(u => new TLSProperties.Types.CertificateProperties.Types.SubjectAltName { Uri = u }));
        properties.SubjectAltName.AddRange(certificate.DnsNames.Select(d => new TLSProperties.Types.CertificateProperties.Types.SubjectAltName { Dns = d }));
        return properties;
    }

    private static Envoy.Data.Accesslog.V3.ResponseFlags? Flags(ResponseFlags flags) => flags == ResponseFlags.None ? null : new()
    {
        FailedLocalHealthcheck = flags.HasFlag(ResponseFlags.LH),
        NoHealthyUpstream = flags.HasFlag(ResponseFlags.UH),
        UpstreamRequestTimeout = flags.HasFlag(ResponseFlags.UT),
        LocalReset = flags.HasFlag(ResponseFlags.LR),
        UpstreamRemoteReset = flags.HasFlag(ResponseFlags.UR),
        UpstreamConnectionFailure = flags.HasFlag(ResponseFlags.UF),
        UpstreamConnectionTermination = flags.HasFlag(ResponseFlags.UC),
        UpstreamOverflow = flags.HasFlag(ResponseFlags.UO),
        NoRouteFound = flags.HasFlag(ResponseFlags.NR),
        DelayInjected = flags.HasFlag(ResponseFlags.DI),
        FaultInjected = flags.HasFlag(ResponseFlags.FI),
        RateLimited = flags.HasFlag(ResponseFlags.RL),
        UnauthorizedDetails = flags.HasFlag(ResponseFlags.UAEX)
            ? new() { Reason = Envoy.Data.Accesslog.V3.ResponseFlags.Types.Unauthorized.Types.Reason.ExternalService } : null,
        RateLimitServiceError = flags.HasFlag(ResponseFlags.RLSE),
        DownstreamConnectionTermination = flags.HasFlag(ResponseFlags.DC),
        UpstreamRetryLimitExceeded = flags.HasFlag(ResponseFlags.URX),
        StreamIdleTimeout = flags.HasFlag(ResponseFlags.SI),
        InvalidEnvoyRequestHeaders = flags.HasFlag(ResponseFlags.IH),
        DownstreamProtocolError = flags.HasFlag(ResponseFlags.DPE),
        UpstreamMaxStreamDurationReached = flags.HasFlag(ResponseFlags.UMSDR),
        ResponseFromCacheFilter = flags.HasFlag(ResponseFlags.RFCF),
        NoFilterConfigFound = flags.HasFlag(ResponseFlags.NFCF),
        DurationTimeout = flags.HasFlag(ResponseFlags.DT),
        UpstreamProtocolError = flags.HasFlag(ResponseFlags.UPE),
        NoClusterFound = flags.HasFlag(ResponseFlags.NC),
        OverloadManager = flags.HasFlag(ResponseFlags.OM),
    };
}

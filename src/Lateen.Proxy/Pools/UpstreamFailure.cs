using Lateen.Proxy.AccessLog;

namespace Lateen.Proxy.Pools;

/// <summary>Why an attempt ended without a complete response (Envoy's stream reset reasons).</summary>
internal enum UpstreamFailure
{
    LocalConnectionFailure,
    RemoteConnectionFailure,
    ConnectionTimeout,
    ConnectionTermination,
    LocalReset,
    Overflow,
    RemoteReset,
    RemoteRefusedStream,
    ProtocolError,
}

/// <summary>Texts and flags of <see cref="UpstreamFailure"/>.</summary>
internal static class UpstreamFailures
{
    public static string Text(this UpstreamFailure failure) => failure switch
    {
        UpstreamFailure.LocalConnectionFailure => "local connection failure",
        UpstreamFailure.RemoteConnectionFailure => "remote connection failure",
        UpstreamFailure.ConnectionTimeout => "connection timeout",
        UpstreamFailure.ConnectionTermination => "connection termination",
        UpstreamFailure.LocalReset => "local reset",
        UpstreamFailure.Overflow => "overflow",
        UpstreamFailure.RemoteReset => "remote reset",
        UpstreamFailure.RemoteRefusedStream => "remote refused stream reset",
        _ => "protocol error",
    };

    public static ResponseFlags Flag(this UpstreamFailure failure) => failure switch
    {
        UpstreamFailure.LocalConnectionFailure or UpstreamFailure.RemoteConnectionFailure or UpstreamFailure.ConnectionTimeout
            => ResponseFlags.UF,
        UpstreamFailure.ConnectionTermination => ResponseFlags.UC,
        UpstreamFailure.LocalReset => ResponseFlags.LR,
        UpstreamFailure.Overflow => ResponseFlags.UO,
        UpstreamFailure.RemoteReset or UpstreamFailure.RemoteRefusedStream => ResponseFlags.UR,
        _ => ResponseFlags.UPE,
    };

    public static bool IsConnectFailure(this UpstreamFailure failure) => failure <= UpstreamFailure.ConnectionTimeout;
}

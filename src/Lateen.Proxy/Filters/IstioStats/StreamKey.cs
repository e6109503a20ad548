using System.Runtime.CompilerServices;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>Everything that the labels of a stream depend on; equal keys have equal labels. Objects are compared by reference.</summary>
internal readonly struct StreamKey : IEquatable<StreamKey>
{
    public required Workload? Peer { get; init; }

    public required MeshService? Service { get; init; }

    public required string Host { get; init; }

    public required string? PeerPrincipal { get; init; }

    public required string? LocalPrincipal { get; init; }

    /// <summary>The values of the filter's own expressions, one NUL after each.</summary>
    public required string Custom { get; init; }

    public required ResponseFlags Flags { get; init; }

    public required int Code { get; init; }

    /// <summary>-1 without one.</summary>
    public required int GrpcStatus { get; init; }

    public required MeshProtocol Protocol { get; init; }

    public required bool IsMutual { get; init; }

    public bool Equals(StreamKey other) =>
        ReferenceEquals(Peer, other.Peer) && ReferenceEquals(Service, other.Service) && Code == other.Code && Flags == other.Flags
        && GrpcStatus == other.GrpcStatus && Protocol == other.Protocol && IsMutual == other.IsMutual && Host == other.Host
        && PeerPrincipal == other.PeerPrincipal && LocalPrincipal == other.LocalPrincipal && Custom == other.Custom;

    public override bool Equals(object? obj) => obj is StreamKey other && Equals(other);

    // The texts hang on the objects, or differ rarely: they are left to Equals.
    public override int GetHashCode() => HashCode.Combine(
        Peer is null ? 0 : RuntimeHelpers.GetHashCode(Peer), Service is null ? 0 : RuntimeHelpers.GetHashCode(Service), Code, (int)Flags,
        GrpcStatus, (int)Protocol, Custom.Length == 0 ? 0 : Custom.GetHashCode(), Host.Length == 0 ? 0 : RuntimeHelpers.GetHashCode(Host));
}

/// <summary>The values of request_protocol.</summary>
internal enum MeshProtocol : byte
{
    Http,
    Grpc,
    Tcp,
}

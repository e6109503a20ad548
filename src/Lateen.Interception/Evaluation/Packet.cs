using System.Net;

namespace Lateen.Interception.Evaluation;

/// <summary>The protocols that the rules know.</summary>
public enum TransportProtocol
{
    Tcp,
    Udp,
}

/// <summary>What connection tracking says about a packet.</summary>
public enum ConnectionState
{
    /// <summary>The first packet of a connection: the only one that the nat table is asked about.</summary>
    New,
    Established,
    Related,
    Invalid,
}

/// <summary>A packet as the rules see it.</summary>
public sealed record Packet
{
    /// <summary>True: a process of the pod sent it (OUTPUT). False: it came in on an interface (PREROUTING).</summary>
    public required bool IsLocal { get; init; }

    public TransportProtocol Protocol { get; init; } = TransportProtocol.Tcp;

    public required IPAddress Source { get; init; }

    public ushort SourcePort { get; init; } = 32768;

    public required IPAddress Destination { get; init; }

    public required ushort DestinationPort { get; init; }

    /// <summary>Where it came in; empty for a packet that a local process has just sent.</summary>
    public string InInterface { get; init; } = "";

    /// <summary>Where it leaves; lo where the destination is one of the pod's own addresses.</summary>
    public string OutInterface { get; init; } = "";

    /// <summary>Owner of the sending socket; null for a packet from outside.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group of the sending socket; null for a packet from outside.</summary>
    public uint? Gid { get; init; }

    public uint Mark { get; init; }

    public uint ConnectionMark { get; init; }

    public ConnectionState State { get; init; }
}

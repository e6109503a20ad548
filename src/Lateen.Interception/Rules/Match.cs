using System.Collections.Immutable;
using System.Globalization;
using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;

namespace Lateen.Interception.Rules;

/// <summary>A condition of a rule: how it is written, whether a packet meets it, and how to say that in words.</summary>
public abstract record Match
{
    /// <summary>The words iptables takes.</summary>
    public abstract IReadOnlyList<string> Words { get; }

    /// <summary>Whether the packet meets the condition.</summary>
    public abstract bool Holds(Packet packet);

    /// <summary>What the rule asks for and what the packet has: the end of the sentence "does not match, because it asks for …".</summary>
    public abstract string Contrast(Packet packet);

    private static string Not(bool negated) => negated ? "not " : "";

    private static string[] Maybe(bool negated, params string[] words) => negated ? ["!", .. words] : words;

    /// <summary>-p.</summary>
    public sealed record Protocol(TransportProtocol Value) : Match
    {
        public override IReadOnlyList<string> Words => ["-p", Value == TransportProtocol.Tcp ? "tcp" : "udp"];

        public override bool Holds(Packet packet) => packet.Protocol == Value;

        public override string Contrast(Packet packet) => $"{Words[1]} and the packet is {(packet.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}";
    }

    /// <summary>-i.</summary>
    public sealed record InInterface(string Name) : Match
    {
        public override IReadOnlyList<string> Words => ["-i", Name];

        public override bool Holds(Packet packet) => InterfacePattern.Covers(Name, packet.InInterface);

        public override string Contrast(Packet packet) => $"input interface {Name} and the packet came in on {(packet.InInterface.Length == 0 ? "none" : packet.InInterface)}";
    }

    /// <summary>-o.</summary>
    public sealed record OutInterface(string Name) : Match
    {
        public override IReadOnlyList<string> Words => ["-o", Name];

        public override bool Holds(Packet packet) => InterfacePattern.Covers(Name, packet.OutInterface);

        public override string Contrast(Packet packet) => $"output interface {Name} and the packet leaves by {(packet.OutInterface.Length == 0 ? "none" : packet.OutInterface)}";
    }

    /// <summary>-s.</summary>
    public sealed record Source(Cidr Prefix) : Match
    {
        public override IReadOnlyList<string> Words => ["-s", Prefix.ToString()];

        public override bool Holds(Packet packet) => Prefix.Contains(packet.Source);

        public override string Contrast(Packet packet) => $"source {Prefix} and the packet comes from {packet.Source}";
    }

    /// <summary>[!] -d.</summary>
    public sealed record Destination(Cidr Prefix, bool Negated = false) : Match
    {
        public override IReadOnlyList<string> Words => Maybe(Negated, "-d", Prefix.ToString());

        public override bool Holds(Packet packet) => Prefix.Contains(packet.Destination) != Negated;

        public override string Contrast(Packet packet) => $"destination {Not(Negated)}{Prefix} and the packet goes to {packet.Destination}";
    }

    /// <summary>[!] --dport.</summary>
    public sealed record DestinationPort(PortRange Ports, bool Negated = false) : Match
    {
        public override IReadOnlyList<string> Words => Maybe(Negated, "--dport", Ports.ToString());

        public override bool Holds(Packet packet) => Ports.Contains(packet.DestinationPort) != Negated;

        public override string Contrast(Packet packet) => $"destination port {Not(Negated)}{Ports} and the packet goes to port {packet.DestinationPort}";
    }

    /// <summary>--sport.</summary>
    public sealed record SourcePort(PortRange Ports) : Match
    {
        public override IReadOnlyList<string> Words => ["--sport", Ports.ToString()];

        public override bool Holds(Packet packet) => Ports.Contains(packet.SourcePort);

        public override string Contrast(Packet packet) => $"source port {Ports} and the packet comes from port {packet.SourcePort}";
    }

    /// <summary>-m multiport ! --dports: none of the ports.</summary>
    public sealed record NoDestinationPort(ImmutableArray<ushort> Ports) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "multiport", "!", "--dports", string.Join(',', Ports)];

        public override bool Holds(Packet packet) => !Ports.Contains(packet.DestinationPort);

        public override string Contrast(Packet packet) => $"destination port none of {string.Join(", ", Ports)} and the packet goes to port {packet.DestinationPort}";
    }

    /// <summary>-m owner [!] --uid-owner: the user that opened the socket.</summary>
    public sealed record User(Owner Owner, bool Negated = false) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "owner", .. Maybe(Negated, "--uid-owner", Owner.Text)];

        public override bool Holds(Packet packet) => Owner.Is(packet.Uid) != Negated;

        public override string Contrast(Packet packet) => $"user {Not(Negated)}{Owner.Text} and the socket belongs to user {packet.Uid?.ToString(CultureInfo.InvariantCulture) ?? "none"}";
    }

    /// <summary>-m owner [!] --gid-owner: the group that opened the socket; supplementary groups do not count.</summary>
    public sealed record Group(Owner Owner, bool Negated = false) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "owner", .. Maybe(Negated, "--gid-owner", Owner.Text)];

        public override bool Holds(Packet packet) => Owner.Is(packet.Gid) != Negated;

        public override string Contrast(Packet packet) => $"group {Not(Negated)}{Owner.Text} and the socket belongs to group {packet.Gid?.ToString(CultureInfo.InvariantCulture) ?? "none"}";
    }

    /// <summary>-m mark [!] --mark.</summary>
    public sealed record Mark(uint Value, bool Negated = false) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "mark", .. Maybe(Negated, "--mark", Value.ToString(CultureInfo.InvariantCulture))];

        public override bool Holds(Packet packet) => packet.Mark == Value != Negated;

        public override string Contrast(Packet packet) => $"mark {Not(Negated)}{Value} and the packet's mark is {packet.Mark}";
    }

    /// <summary>-m connmark --mark.</summary>
    public sealed record ConnectionMark(uint Value) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "connmark", "--mark", Value.ToString(CultureInfo.InvariantCulture)];

        public override bool Holds(Packet packet) => packet.ConnectionMark == Value;

        public override string Contrast(Packet packet) => $"connection mark {Value} and the connection's mark is {packet.ConnectionMark}";
    }

    /// <summary>-m conntrack --ctstate.</summary>
    public sealed record State(ImmutableArray<ConnectionState> States) : Match
    {
        public override IReadOnlyList<string> Words => ["-m", "conntrack", "--ctstate", string.Join(',', States.Select(s => s.ToString().ToUpperInvariant()))];

        public override bool Holds(Packet packet) => States.Contains(packet.State);

        public override string Contrast(Packet packet) => $"connection state {string.Join(" or ", States)} and the packet's is {packet.State}";
    }
}

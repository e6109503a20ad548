using Lateen.Interception.Evaluation;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Building;

/// <summary>Matches and targets that many rules share.</summary>
internal static class Known
{
    public const ushort DnsPort = 53;

    public static Match Tcp { get; } = new Match.Protocol(TransportProtocol.Tcp);

    public static Match Udp { get; } = new Match.Protocol(TransportProtocol.Udp);

    public static Match OutLoopback { get; } = new Match.OutInterface("lo");

    public static Match InLoopback { get; } = new Match.InInterface("lo");

    public static Match ToDns { get; } = new Match.DestinationPort(DnsPort);

    public static Target Return { get; } = new Target.ReturnToCaller();

    public static Match ToPort(PortRange ports) => new Match.DestinationPort(ports);

    public static Target Jump(string chain) => new Target.Jump(chain);
}

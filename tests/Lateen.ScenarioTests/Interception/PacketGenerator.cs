using System.Net;
using Lateen.Interception.Evaluation;

namespace Lateen.ScenarioTests.Interception;

/// <summary>Random packets of <see cref="PodLab"/>: from the pod to itself, from the pod to the world, from the world to the pod.</summary>
internal static class PacketGenerator
{
    private static readonly uint[] Users = [0, 1000, 1337, 3, 4];
    private static readonly uint[] Groups = [0, 1000, 1337, 1, 2, 888, 65534];
    private static readonly string[] Remote4 = ["10.99.0.53", "10.99.1.1", "10.99.1.200", "10.99.2.7", "10.99.3.7", "10.99.200.1"];
    private static readonly string[] Remote6 = ["2001:db8:99::53", "2001:db8:99:1::1", "2001:db8:99:1:1::1", "2001:db8:99:2::1"];
    private static readonly string[] Own4 = ["127.0.0.1", "127.0.0.53", "127.1.2.3", "10.66.0.2", "10.67.0.2"];
    private static readonly string[] Own6 = ["::1", "fd66::2", "fd67::2"];
    private static readonly string[] Sources4 = ["127.0.0.1", "127.0.0.6", "10.66.0.2"];
    private static readonly string[] Sources6 = ["::1", "::6", "fd66::2"];

    public static Packet Next(Random random)
    {
        T OneOf<T>(T[] values) => values[random.Next(values.Length)];
        bool v6 = random.Next(2) == 0;
        bool udp = random.Next(5) == 0;
        ushort port = udp ? (ushort)53 : OneOf(PodLab.Ports);
        TransportProtocol protocol = udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
        int kind = random.Next(udp ? 2 : 3);
        if (kind == 2)
        {
            bool second = random.Next(3) == 0;
            return new Packet
            {
                IsLocal = false,
                Source = IPAddress.Parse(v6 ? second ? "fd67::1" : "fd66::1" : second ? "10.67.0.1" : "10.66.0.1"),
                Destination = v6 ? second ? PodLab.PodV6Second : PodLab.PodV6 : second ? PodLab.PodV4Second : PodLab.PodV4,
                DestinationPort = port,
                InInterface = second ? "eth1" : "eth0",
            };
        }

        bool toSelf = kind == 1;
        IPAddress destination = IPAddress.Parse(OneOf(toSelf ? v6 ? Own6 : Own4 : v6 ? Remote6 : Remote4));
        IPAddress source = !toSelf
            ? v6 ? PodLab.PodV6 : PodLab.PodV4
            : IPAddress.Parse(OneOf(v6 ? Sources6 : Sources4));
        return new Packet
        {
            IsLocal = true,
            Protocol = protocol,
            Source = source,
            Destination = destination,
            DestinationPort = port,
            OutInterface = toSelf ? "lo" : "eth0",
            Uid = OneOf(Users),
            Gid = OneOf(Groups),
        };
    }
}

using System.Net;

namespace Lateen.Agent.Dns;

/// <summary>What resolv.conf(5) says: the upstream servers in their order, and the first search domain.</summary>
internal sealed record ResolvConf(IReadOnlyList<IPEndPoint> Servers, string Search)
{
    private const int Port = 53;

    public static ResolvConf Parse(IEnumerable<string> lines)
    {
        List<IPEndPoint> servers = [];
        string search = "";
        foreach (string line in lines)
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var address, ..] && IPAddress.TryParse(address, out IPAddress? parsed))
            {
                servers.Add(new IPEndPoint(parsed, Port));
            }
            else if (words is ["search", var first, ..])
            {
                search = first; // The last search line counts.
            }
        }
        return new ResolvConf(servers, search);
    }
}

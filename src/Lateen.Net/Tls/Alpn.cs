using System.Text;

namespace Lateen.Net.Tls;

/// <summary>The wire form of a list of application protocols (RFC 7301 3.1): each with a length byte before it.</summary>
internal static class Alpn
{
    /// <summary>The list, or null when a name is empty or too long.</summary>
    public static byte[]? Encode(IReadOnlyList<string> protocols)
    {
        List<byte> wire = [];
        foreach (string protocol in protocols)
        {
            byte[] name = Encoding.ASCII.GetBytes(protocol);
            if (name.Length is 0 or > 255)
            {
                return null;
            }
            wire.Add((byte)name.Length);
            wire.AddRange(name);
        }
        return [.. wire];
    }
}

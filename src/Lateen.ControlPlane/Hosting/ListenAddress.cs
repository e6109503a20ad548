using System.Globalization;
using System.Net;

namespace Lateen.ControlPlane.Hosting;

/// <summary>Reads Go's listen addresses: `:15014` (every interface), `127.0.0.1:0`, `[::1]:15014`.</summary>
internal static class ListenAddress
{
    /// <exception cref="FormatException">The text is no address.</exception>
    public static IPEndPoint Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon >= 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            var host = text[..colon];
            if (host.Length == 0)
            {
                return new IPEndPoint(IPAddress.Any, port);
            }

            if (IPAddress.TryParse(host == "localhost" ? "127.0.0.1" : host.Trim('[', ']'), out var address))
            {
                return new IPEndPoint(address, port);
            }
        }

        throw new FormatException($"\"{text}\" is no listen address; write HOST:PORT or :PORT, for example :15014");
    }
}

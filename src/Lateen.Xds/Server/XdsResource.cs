using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Xds.Server;

/// <summary>One resource, ready to be sent.</summary>
/// <param name="Name">The name it is subscribed by.</param>
/// <param name="Version">Changes exactly when the content changes; compared, never ordered.</param>
/// <param name="Body">The packed message.</param>
public sealed record XdsResource(string Name, string Version, Any Body)
{
    /// <summary>Packs a message; its version is a digest of its bytes, so that equal content is never sent twice.</summary>
    public static XdsResource Of(string name, IMessage message)
    {
        var body = Any.Pack(message);
        return new XdsResource(name, Convert.ToHexStringLower(SHA256.HashData(body.Value.Span).AsSpan(0, 8)), body);
    }
}

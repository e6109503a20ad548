using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation;

/// <summary>A resource under the name by which proxies ask for it.</summary>
public sealed class NamedResource
{
    private string? _version;

    internal NamedResource(string name, IMessage message)
        : this(name, MessageTypes.UrlOf(message.GetType()), [message.ToByteString()], null)
    {
    }

    /// <param name="parts">The message in pieces; two versions of a long one share what is the same in both.</param>
    /// <param name="version">Null takes the digest of the bytes.</param>
    internal NamedResource(string name, string typeUrl, IReadOnlyList<ByteString> parts, string? version)
    {
        (Name, TypeUrl, Parts, _version) = (name, typeUrl, parts, version);
    }

    public string Name { get; }

    public string TypeUrl { get; }

    /// <summary>The message's bytes, one piece after the other.</summary>
    public IReadOnlyList<ByteString> Parts { get; }

    /// <summary>A digest of the bytes: differs exactly when they do.</summary>
    public string Version => _version ??= Digest(SHA256.HashData(Parts[0].Span));

    /// <summary>The packed message.</summary>
    public Any Resource => new() { TypeUrl = TypeUrl, Value = Parts.Count == 1 ? Parts[0] : Joined() };

    /// <summary>A version of the first bytes of a hash.</summary>
    internal static string Digest(ReadOnlySpan<byte> hash) => Convert.ToHexStringLower(hash[..8]);

    private ByteString Joined()
    {
        using var bytes = new MemoryStream();
        foreach (var part in Parts)
        {
            part.WriteTo(bytes);
        }

        return UnsafeByteOperations.UnsafeWrap(bytes.ToArray());
    }
}

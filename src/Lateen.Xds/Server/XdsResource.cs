using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Xds.Server;

/// <summary>One resource, ready to be sent; immutable, shared by all streams that are told the same.</summary>
public sealed class XdsResource
{
    private CompressedRun[] _runs = [];
    private CompressedParts[]? _compressed;
    private object? _compressing;

    /// <param name="name">The name it is subscribed by.</param>
    /// <param name="version">Changes exactly when the content changes; compared, never ordered.</param>
    /// <param name="typeUrl">The message's type.</param>
    /// <param name="parts">The message's bytes in pieces, so that two versions of a long one share what is the same in both.</param>
    public XdsResource(string name, string version, string typeUrl, IReadOnlyList<ByteString> parts)
    {
        (Name, Version, TypeUrl, Parts) = (name, version, typeUrl, parts);
        NameHash = name.GetHashCode(StringComparison.Ordinal);
        foreach (var part in parts)
        {
            Length = checked(Length + part.Length);
        }
    }

    public XdsResource(string name, string version, Any body)
        : this(name, version, body.TypeUrl, [body.Value])
    {
    }

    public string Name { get; }

    public string Version { get; }

    public string TypeUrl { get; }

    public IReadOnlyList<ByteString> Parts { get; }

    /// <summary>Bytes of the message.</summary>
    public int Length { get; }

    internal int NameHash { get; }

    /// <summary>Runs of resources that begin with this one, newest first; kept here for <see cref="ResponseCompression"/>.</summary>
    internal CompressedRun[] Runs
    {
        get => Volatile.Read(ref _runs);
        set => Volatile.Write(ref _runs, value);
    }

    /// <summary>The packed message; made anew with each call where it lies in pieces.</summary>
    public Any Body => new() { TypeUrl = TypeUrl, Value = Parts.Count == 1 ? Parts[0] : Joined() };

    /// <summary>The message compressed; hundreds of streams ask at once: one makes it, the others wait for it.</summary>
    internal CompressedParts[] CompressedOnce(Func<CompressedParts[]> make) => LazyInitializer.EnsureInitialized(ref _compressed, ref _compressing, make);

    /// <summary>Packs a message; its version is a digest of its bytes, so that equal content is never sent twice.</summary>
    public static XdsResource Of(string name, IMessage message)
    {
        var body = Any.Pack(message);
        return new XdsResource(name, Convert.ToHexStringLower(SHA256.HashData(body.Value.Span).AsSpan(0, 8)), body);
    }

    private ByteString Joined()
    {
        using var bytes = new MemoryStream(Length);
        foreach (var part in Parts)
        {
            part.WriteTo(bytes);
        }

        return UnsafeByteOperations.UnsafeWrap(bytes.ToArray());
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Lateen.Grpc.Compression;

namespace Lateen.Xds.Server;

/// <summary>Compresses responses out of fragments that are compressed once for all streams. Safe from any thread.</summary>
/// <remarks>
/// Hundreds of proxies are sent the same: what a stream adds is its nonce. A long resource (a route configuration) is compressed by runs of its
/// parts, so that a change costs the run that it is in; short ones by runs of resources. Where a run ends is read off its last member, not
/// counted, so that one more or less moves no other run's bounds. Fragments live as long as the resources that they are found by.
/// </remarks>
internal sealed class ResponseCompression
{
    /// <summary>Shorter responses are sent as they are.</summary>
    public const int MinResponse = 8 << 10;

    // A resource of that length is compressed by itself.
    private const int MinLong = 16 << 10;

    // Longer runs are cut: deflate looks back no further than 32 KiB.
    private const int MaxRun = 64 << 10;

    // One in so many members ends a run.
    private const int RunOfParts = 64;
    private const int RunOfResources = 16;

    // What is in no fragment is copied for the stream; with more of it the response goes as it is, in pieces.
    private const int MaxPlain = 64 << 10;

    // Runs that begin with the same resource: what proxies of several kinds are sent.
    private const int MaxRuns = 4;

    // Of parts, by the hash of a run; a newer one takes the place of an older one, and none is kept alive.
    private readonly WeakReference<CompressedParts>?[] _parts = new WeakReference<CompressedParts>?[1 << 12];
    private readonly Lock _gate = new();

    /// <returns>Null when it is to be sent as it is.</returns>
    public GzipMessage? Compress(XdsResponse response)
    {
        if (response.Size < MinResponse)
        {
            return null;
        }

        var message = new GzipMessage();
        var plain = new ArrayBufferWriter<byte>();
        var (rest, isWorthIt) = (MaxPlain, false);
        XdsResponseBytes.Begin(plain, response);
        for (var at = 0; at < response.Resources.Count;)
        {
            var resource = response.Resources[at];
            if (resource.Length >= MinLong)
            {
                XdsResponseBytes.Head(plain, resource, response.IsDelta);
                Take(plain, message);
                foreach (var run in PartsOf(resource))
                {
                    message.Add(run.Fragment);
                }

                XdsResponseBytes.Tail(plain, resource, response.IsDelta);
                isWorthIt = true;
                at++;
                continue;
            }

            var end = EndOfRun(response.Resources, at, out var length);
            if (FragmentOf(response.Resources, at..end, response.IsDelta) is { } fragment)
            {
                Take(plain, message);
                message.Add(fragment);
                isWorthIt = true;
            }
            else if ((rest -= length) > 0)
            {
                Write(plain, response.Resources, at..end, response.IsDelta);
            }

            at = end;
        }

        rest -= response.Removed.Sum(name => name.Length);
        if (!isWorthIt || rest <= 0)
        {
            return null;
        }

        XdsResponseBytes.Answered(plain, response);
        foreach (var name in response.Removed)
        {
            XdsResponseBytes.Removed(plain, name);
        }

        XdsResponseBytes.End(plain, response);
        Take(plain, message);
        message.End();
        return message;
    }

    private static void Take(ArrayBufferWriter<byte> plain, GzipMessage message)
    {
        message.Add(plain.WrittenSpan);
        plain.ResetWrittenCount();
    }

    private static void Write(IBufferWriter<byte> output, IReadOnlyList<XdsResource> resources, Range range, bool isDelta)
    {
        for (var i = range.Start.Value; i < range.End.Value; i++)
        {
            XdsResponseBytes.Resource(output, resources[i], isDelta);
        }
    }

    private static int EndOfRun(IReadOnlyList<XdsResource> resources, int from, out int length)
    {
        length = 0;
        for (var i = from; i < resources.Count; i++)
        {
            var resource = resources[i];
            if (resource.Length >= MinLong)
            {
                return i;
            }

            length += resource.Length;
            if (length >= MaxRun || resource.NameHash % RunOfResources == 0)
            {
                return i + 1;
            }
        }

        return resources.Count;
    }

    private GzipFragment? FragmentOf(IReadOnlyList<XdsResource> resources, Range range, bool isDelta)
    {
        var first = resources[range.Start.Value];
        if (Find(first)?.Fragment is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            if (Find(first) is not { } run)
            {
                first.Runs = [new CompressedRun(resources, range, isDelta), .. first.Runs.Take(MaxRuns - 1)];
                return null;
            }

            if (run.Fragment is null)
            {
                var bytes = new ArrayBufferWriter<byte>(MaxRun);
                Write(bytes, resources, range, isDelta);
                run.Fragment = GzipFragment.Of([bytes.WrittenMemory]);
            }

            return run.Fragment;
        }

        CompressedRun? Find(XdsResource first)
        {
            foreach (var run in first.Runs)
            {
                if (run.Is(resources, range, isDelta))
                {
                    return run;
                }
            }

            return null;
        }
    }

    private CompressedParts[] PartsOf(XdsResource resource) => resource.CompressedOnce(() =>
    {
        var runs = new List<CompressedParts>();
        var run = new List<ByteString>();
        var length = 0;
        foreach (var part in resource.Parts)
        {
            run.Add(part);
            length += part.Length;
            if (length >= MaxRun || EndsRun(part))
            {
                runs.Add(PartsOf(run));
                run.Clear();
                length = 0;
            }
        }

        if (run.Count > 0)
        {
            runs.Add(PartsOf(run));
        }

        return [.. runs];
    });

    // What lies behind the tags and lengths at its beginning: the name of a virtual host, which stays when the rest of it changes.
    private static bool EndsRun(ByteString part)
    {
        // FNV-1a; the same in every process.
        var hash = 2166136261;
        foreach (var b in part.Span[Math.Min(8, part.Length)..Math.Min(32, part.Length)])
        {
            hash = (hash ^ b) * 16777619;
        }

        return (hash >> 16) % RunOfParts == 0;
    }

    private CompressedParts PartsOf(List<ByteString> run)
    {
        var hash = new HashCode();
        foreach (var part in run)
        {
            hash.Add(RuntimeHelpers.GetHashCode(part));
        }

        ref var slot = ref _parts[hash.ToHashCode() & (_parts.Length - 1)];
        if (Volatile.Read(ref slot) is { } reference && reference.TryGetTarget(out var known) && known.Parts.SequenceEqual(run, ReferenceEqualityComparer.Instance))
        {
            return known;
        }

        var made = new CompressedParts([.. run], GzipFragment.Of(run.Select(part => part.Memory)));
        Volatile.Write(ref slot, new WeakReference<CompressedParts>(made));
        return made;
    }
}

using System.Buffers;
using Lateen.Net.Http1;

namespace Lateen.Proxy.Http;

/// <summary>Path normalisation of a connection manager: fragment, escaped slashes, dot segments, repeated slashes. The query is never touched.</summary>
/// <remarks>A path without any of the characters concerned is left as it is, by one vectorised scan.</remarks>
internal static class PathRules
{
    private static readonly SearchValues<byte> Suspicious = SearchValues.Create("#%\\"u8);

    /// <summary>False: refuse with 400, or redirect to <paramref name="redirect"/>.</summary>
    public static bool Apply(MessageHead head, HttpManager manager, out byte[]? redirect)
    {
        redirect = null;
        ReadOnlySpan<byte> target = head.Target;
        if (target.IndexOfAny(Suspicious) < 0 && target.IndexOf("/."u8) < 0 && (!manager.MergeSlashes || target.IndexOf("//"u8) < 0))
        {
            return true;
        }
        byte[] work = target.ToArray();
        int fragment = Array.IndexOf(work, (byte)'#');
        ReadOnlySpan<byte> whole = fragment < 0 ? work : work.AsSpan(0, fragment);
        int mark = whole.IndexOf((byte)'?');
        byte[] path = (mark < 0 ? whole : whole[..mark]).ToArray();
        ReadOnlySpan<byte> query = mark < 0 ? [] : whole[mark..];
        if (manager.EscapedSlashes != EscapedSlashes.Keep && Unescape(path) is { } unescaped)
        {
            if (manager.EscapedSlashes == EscapedSlashes.Reject)
            {
                return false;
            }
            if (manager.EscapedSlashes == EscapedSlashes.UnescapeAndRedirect)
            {
                redirect = [.. unescaped, .. query];
                return false;
            }
            path = unescaped;
        }
        if (manager.NormalizePath)
        {
            if (Normalize(path) is not { } normalized)
            {
                return false;
            }
            path = normalized;
        }
        if (manager.MergeSlashes)
        {
            path = Merge(path);
        }
        head.SetTarget([.. path, .. query]);
        return true;
    }

    /// <summary>Decodes %2F and %5C; null if there are none.</summary>
    internal static byte[]? Unescape(ReadOnlySpan<byte> path)
    {
        List<byte> result = new(path.Length);
        bool changed = false;
        for (int i = 0; i < path.Length; i++)
        {
            int value = path[i] == '%' ? Escape(path, i) : -1;
            if (value is '/' or '\\')
            {
                result.Add((byte)value);
                i += 2;
                changed = true;
            }
            else
            {
                result.Add(path[i]);
            }
        }
        return changed ? [.. result] : null;
    }

    /// <summary>RFC 3986 6.2.2 with backslash taken as slash; null for %00 or a broken escape.</summary>
    internal static byte[]? Normalize(ReadOnlySpan<byte> path)
    {
        List<byte> decoded = new(path.Length);
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                decoded.Add(path[i] == '\\' ? (byte)'/' : path[i]);
                continue;
            }
            int value = Escape(path, i);
            if (value <= 0)
            {
                return null;
            }
            if (IsUnreserved((byte)value))
            {
                decoded.Add((byte)value);
            }
            else
            {
                decoded.AddRange(path.Slice(i, 3));
            }
            i += 2;
        }
        return RemoveDotSegments([.. decoded]);
    }

    internal static byte[] Merge(ReadOnlySpan<byte> path)
    {
        List<byte> result = new(path.Length);
        foreach (byte b in path)
        {
            if (b != '/' || result.Count == 0 || result[^1] != '/')
            {
                result.Add(b);
            }
        }
        return [.. result];
    }

    private static byte[] RemoveDotSegments(byte[] path)
    {
        List<int> starts = [];
        List<byte> output = new(path.Length);
        int at = 0;
        while (at < path.Length)
        {
            int next = Array.IndexOf(path, (byte)'/', at + 1);
            int end = next < 0 ? path.Length : next;
            ReadOnlySpan<byte> segment = path.AsSpan(at, end - at);
            bool last = next < 0;
            if (segment.SequenceEqual("/."u8) || segment.SequenceEqual("/.."u8))
            {
                if (segment.Length == 3 && starts.Count > 0)
                {
                    output.RemoveRange(starts[^1], output.Count - starts[^1]);
                    starts.RemoveAt(starts.Count - 1);
                }
                if (last)
                {
                    output.Add((byte)'/');
                }
            }
            else
            {
                starts.Add(output.Count);
                output.AddRange(segment);
            }
            at = end;
        }
        return output.Count == 0 ? [(byte)'/'] : [.. output];
    }

    private static int Escape(ReadOnlySpan<byte> path, int at)
    {
        if (at + 2 >= path.Length)
        {
            return -1;
        }
        int high = Hex(path[at + 1]), low = Hex(path[at + 2]);
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }

    private static int Hex(byte c) => char.IsAsciiHexDigit((char)c) ? Convert.ToInt32(((char)c).ToString(), 16) : -1;

    private static bool IsUnreserved(byte c) => char.IsAsciiLetterOrDigit((char)c) || c is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';
}

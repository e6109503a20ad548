using Lateen.Grpc.Compression;

namespace Lateen.Xds.Server;

/// <summary>Resources that were sent one after the other, and what they are compressed.</summary>
internal sealed class CompressedRun
{
    private readonly bool _isDelta;

    // A version says what the bytes are; the resources themselves must not be kept alive.
    private readonly (string Name, string Version)[] _resources;
    private GzipFragment? _fragment;

    public CompressedRun(IReadOnlyList<XdsResource> all, Range range, bool isDelta)
    {
        var (from, count) = range.GetOffsetAndLength(all.Count);
        _isDelta = isDelta;
        _resources = new (string, string)[count];
        for (var i = 0; i < count; i++)
        {
            _resources[i] = (all[from + i].Name, all[from + i].Version);
        }
    }

    /// <summary>Null until they are sent a second time: compressing what is sent once would cost more than it saves.</summary>
    public GzipFragment? Fragment
    {
        get => Volatile.Read(ref _fragment);
        set => Volatile.Write(ref _fragment, value);
    }

    /// <summary>Whether it is these resources.</summary>
    public bool Is(IReadOnlyList<XdsResource> all, Range range, bool isDelta)
    {
        var (from, count) = range.GetOffsetAndLength(all.Count);
        if (isDelta != _isDelta || count != _resources.Length)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (all[from + i].Version != _resources[i].Version || all[from + i].Name != _resources[i].Name)
            {
                return false;
            }
        }

        return true;
    }
}

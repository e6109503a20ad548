using System.Buffers;

namespace Lateen.Net.Sockets;

/// <summary>A loop's own store of small buffers; larger ones come from the shared pool. Used by one thread.</summary>
internal sealed class BufferPool
{
    /// <summary>
    /// 16 KiB and somewhat more: of buffers whose size is a power of two, of which a few are in use at once, the beginnings would all fall
    /// into the same places of the processor's caches.
    /// </summary>
    public const int SmallSize = (16 * 1024) + 1344;

    private const int Kept = 64;

    private readonly Slot[] _free = new Slot[Kept];
    private int _count;

    /// <summary>A buffer of at least the given size, contents undefined.</summary>
    public byte[] Rent(int size = SmallSize)
    {
        if (size > SmallSize)
        {
            return ArrayPool<byte>.Shared.Rent(size);
        }
        return _count > 0 ? _free[--_count].Buffer! : GC.AllocateUninitializedArray<byte>(SmallSize);
    }

    public void Return(byte[] buffer)
    {
        if (buffer.Length > SmallSize)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (_count < Kept)
        {
            // What is rented stays in its slot: mostly it comes back to it, and the collector need not be told of a store.
            ref Slot slot = ref _free[_count++];
            if (slot.Buffer != buffer)
            {
                slot.Buffer = buffer;
            }
        }
    }

    // A struct around the reference: storing to an array of an array type would look up each time whether the type fits.
    private struct Slot
    {
        public byte[]? Buffer;
    }
}

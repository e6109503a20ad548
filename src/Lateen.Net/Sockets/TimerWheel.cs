using System.Numerics;

namespace Lateen.Net.Sockets;

/// <summary>A loop's timers: a hierarchical wheel with millisecond slots; arming and cancelling cost O(1) and allocate nothing.</summary>
/// <remarks>
/// Four levels of 64 slots reach 4.6 hours; a longer timer fires at that horizon and is put back by the wheel. Level n holds what is due
/// within 64^(n+1) ms and is spread over level n-1 when its slot comes up, so a timer may never fire early. Not thread-safe.
/// </remarks>
internal sealed class TimerWheel
{
    private const int Bits = 6, Slots = 1 << Bits, Levels = 4;
    private const long Horizon = (1L << (Bits * Levels)) - 1;

    private readonly LoopTimer?[] _slots = new LoopTimer?[Slots * Levels];
    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly Action<Exception> _onFault;
    private long _now;

    /// <param name="now">The loop's clock.</param>
    /// <param name="onFault">Told of what a callback throws; the timers after it fire all the same.</param>
    public TimerWheel(long now, Action<Exception> onFault) => (_now, _onFault) = (now, onFault);

    /// <summary>Arms a timer, or moves one that is armed.</summary>
    /// <param name="timer">The timer; it is the caller's and can be used again.</param>
    /// <param name="due">Milliseconds on the loop's clock.</param>
    public void Arm(LoopTimer timer, long due)
    {
        Cancel(timer);
        timer.Due = due;
        Insert(timer);
    }

    public void Cancel(LoopTimer timer)
    {
        if (timer.Slot < 0)
        {
            return;
        }
        if (timer.Previous is { } previous)
        {
            previous.Next = timer.Next;
        }
        else
        {
            _slots[timer.Slot] = timer.Next;
            if (timer.Next is null)
            {
                _occupied[timer.Slot >> Bits] &= ~(1UL << (timer.Slot & (Slots - 1)));
            }
        }
        if (timer.Next is { } next)
        {
            next.Previous = timer.Previous;
        }
        timer.Next = timer.Previous = null;
        timer.Slot = -1;
    }

    /// <summary>Milliseconds until the wheel has something to do, -1 when it is empty. Never later than the next timer.</summary>
    public int NextDelay(long now)
    {
        long best = long.MaxValue;
        for (int level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0)
            {
                continue;
            }
            int shift = level * Bits;
            int position = (int)(_now >> shift) & (Slots - 1);
            // The slot of the current position lies one whole turn ahead on every level: what was due now has been taken out.
            int distance = BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[level], (position + 1) & (Slots - 1))) + 1;
            long due = ((_now >> shift) + distance) << shift;
            best = Math.Min(best, due);
        }
        return best == long.MaxValue ? -1 : (int)Math.Clamp(best - now, 0, int.MaxValue);
    }

    /// <summary>Fires what is due by <paramref name="now"/>, in the order of milliseconds.</summary>
    public void Advance(long now)
    {
        while (_now < now)
        {
            int delay = NextDelay(_now);
            if (delay < 0 || _now + delay > now)
            {
                _now = now;
                return;
            }
            _now += Math.Max(delay, 1);
            for (int level = Levels - 1; level > 0; level--)
            {
                int shift = level * Bits;
                if ((_now & ((1L << shift) - 1)) == 0)
                {
                    Spread((level << Bits) + ((int)(_now >> shift) & (Slots - 1)));
                }
            }
            Fire((int)_now & (Slots - 1));
        }
    }

    private void Insert(LoopTimer timer)
    {
        long distance = Math.Clamp(timer.Due - _now, 1, Horizon - Slots);
        long due = _now + distance;
        int level = 0;
        while (level < Levels - 1 && (due >> (level * Bits)) - (_now >> (level * Bits)) >= Slots)
        {
            level++;
        }
        int slot = (level << Bits) + ((int)(due >> (level * Bits)) & (Slots - 1));
        timer.Slot = slot;
        timer.Next = _slots[slot];
        if (timer.Next is { } next)
        {
            next.Previous = timer;
        }
        _slots[slot] = timer;
        _occupied[level] |= 1UL << (slot & (Slots - 1));
    }

    private void Spread(int slot)
    {
        while (_slots[slot] is { } timer)
        {
            Cancel(timer);
            if (timer.Due <= _now)
            {
                InsertNow(timer);
            }
            else
            {
                Insert(timer);
            }
        }
    }

    // Due this very millisecond: into the slot that Advance fires next.
    private void InsertNow(LoopTimer timer)
    {
        int slot = (int)_now & (Slots - 1);
        timer.Slot = slot;
        timer.Next = _slots[slot];
        if (timer.Next is { } next)
        {
            next.Previous = timer;
        }
        _slots[slot] = timer;
        _occupied[0] |= 1UL << slot;
    }

    private void Fire(int slot)
    {
        // A timer armed by a callback is due a millisecond later at the earliest, hence never in this slot again in this turn.
        while (_slots[slot] is { } timer)
        {
            Cancel(timer);
            if (timer.Due > _now)
            {
                Insert(timer);
                continue;
            }
            try
            {
                timer.OnTimer();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _onFault(e);
            }
        }
    }
}

/// <summary>A timer that its owner holds and re-uses. The owner overrides <see cref="OnTimer"/>.</summary>
internal abstract class LoopTimer
{
    internal LoopTimer? Next, Previous;
    internal int Slot = -1;

    /// <summary>The millisecond on the loop's clock at which it fires.</summary>
    public long Due { get; internal set; }

    public bool IsArmed => Slot >= 0;

    public abstract void OnTimer();
}

namespace Lateen.Net.Sockets;

/// <summary>Has the C library give the kernel back what it holds and nobody uses (malloc_trim(3)): what libssl has freed, for the most part.</summary>
public static class NativeMemoryTrim
{
    /// <summary>Any thread; takes some milliseconds where much was freed. Does nothing with a C library that has no such call.</summary>
    public static void Run()
    {
        try
        {
            _ = LibC.malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc.
        }
    }
}

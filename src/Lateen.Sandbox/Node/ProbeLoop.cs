namespace Lateen.Sandbox.Node;

/// <summary>Asks a container again and again, and reports when the answer has changed often enough to be believed.</summary>
/// <remarks>
/// Until the first success there are extra attempts between the regular ones, also during the initial delay, 50 ms after the
/// start and then further and further apart. A failed one does not count, a successful one does: a container that is well is
/// seen so early, and one that is not fails when its probe says it does.
/// </remarks>
internal static class ProbeLoop
{
    private static readonly TimeSpan FirstExtra = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until cancelled, or until the report says that it is enough.</summary>
    /// <param name="ask">Asks once: null for well, otherwise what is not.</param>
    /// <param name="report">Takes each believed result, with what was said last; false ends the loop.</param>
    /// <param name="failed">Told of every counted failure.</param>
    public static async Task RunAsync(
        ProbeOptions options,
        Func<CancellationToken, Task<string?>> ask,
        Func<bool, string, bool> report,
        Action<string> failed,
        TimeProvider time,
        CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        TimeSpan extra = FirstExtra;
        TimeSpan regular = options.InitialDelay > TimeSpan.Zero ? options.InitialDelay : options.Period;
        TimeSpan step = FirstExtra;
        int successes = 0;
        int failures = 0;
        bool everWell = false;
        while (true)
        {
            bool isExtra = !everWell && extra < regular;
            TimeSpan next = isExtra ? extra : regular;
            TimeSpan pause = next - time.GetElapsedTime(start);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellation);
            }

            string? trouble = await ask(cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (isExtra)
            {
                step *= 1.5;
                extra += step;
            }
            else
            {
                TimeSpan elapsed = time.GetElapsedTime(start);
                regular = regular + options.Period > elapsed ? regular + options.Period : elapsed + options.Period;
            }

            if (trouble is null)
            {
                everWell = true;
                failures = 0;
                successes++;
                if (successes >= options.SuccessThreshold && !report(true, ""))
                {
                    return;
                }
            }
            else if (!isExtra)
            {
                successes = 0;
                failures++;
                failed(trouble);
                if (failures >= options.FailureThreshold && !report(false, trouble))
                {
                    return;
                }
            }
        }
    }
}

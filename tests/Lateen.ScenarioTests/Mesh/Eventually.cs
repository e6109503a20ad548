namespace Lateen.ScenarioTests.Mesh;

/// <summary>Waits for what a change brings about: it takes some milliseconds to reach the proxies, longer on a busy machine.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until the answer is the wanted one, and returns it.</summary>
    /// <param name="ask">What is asked again and again.</param>
    /// <param name="isWanted">Whether the answer will do.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <exception cref="TimeoutException">The wanted answer did not come; the message holds the last one.</exception>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> isWanted, string what)
    {
        using CancellationTokenSource limit = new(Limit);
        while (true)
        {
            T answer = await ask();
            if (isWanted(answer))
            {
                return answer;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{what} did not come about; the last answer was:\n{answer}");
            }

            await Task.Delay(Pause);
        }
    }
}

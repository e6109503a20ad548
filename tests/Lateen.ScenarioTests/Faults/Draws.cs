namespace Lateen.ScenarioTests.Faults;

/// <summary>Whether a count fits a probability.</summary>
internal static class Draws
{
    /// <summary>So many standard deviations to either side hold 99 % of a normal distribution, which a binomial one of hundreds of draws is close to.</summary>
    private const double Deviations99 = 2.576;

    /// <summary>The rounds that are tried: a right share leaves its interval once in a hundred rounds, three times running once in a million.</summary>
    private const int Rounds = 3;

    /// <summary>Counts in rounds until one is within the 99 % interval of the binomial distribution; fails when none of three is.</summary>
    public static async Task ShouldFitAsync(Func<Task<int>> count, int draws, double share)
    {
        List<int> counts = [];
        double reach = Deviations99 * Math.Sqrt(draws * share * (1 - share));
        while (counts.Count < Rounds)
        {
            counts.Add(await count());
            if (Math.Abs(counts[^1] - (draws * share)) <= reach)
            {
                return;
            }
        }

        throw new InvalidOperationException($"of {draws} draws {draws * share - reach:0} to {draws * share + reach:0} should hit, and {string.Join(", ", counts)} did");
    }
}

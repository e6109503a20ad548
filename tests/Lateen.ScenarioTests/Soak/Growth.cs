using System.Globalization;
using System.Text;
using Shouldly;

namespace Lateen.ScenarioTests.Soak;

/// <summary>What processes hold while they work: memory (Pss) and open handles, sampled, the beginning compared with the end.</summary>
internal sealed class Growth(IEnumerable<int> agents, IEnumerable<int> controlPlanes)
{
    /// <summary>The median of the last fifth may exceed that of the second fifth (the first warms up) by this share, or by the allowance below.</summary>
    private const double Share = 0.1;

    private const long AllowanceKilobytes = 4096;
    private const int AllowanceHandles = 8;

    private readonly (string Name, int Process, List<(long Pss, int Handles)> Samples)[] _watched =
    [
        .. agents.Select(id => ("lateen-agent", id, new List<(long, int)>())),
        .. controlPlanes.Select(id => ("lateend", id, new List<(long, int)>())),
    ];

    public async Task SampleAsync()
    {
        foreach (var (_, process, samples) in _watched)
        {
            string[] lines = await File.ReadAllLinesAsync($"/proc/{process}/smaps_rollup");
            string pss = lines.Single(l => l.StartsWith("Pss:", StringComparison.Ordinal));
            samples.Add((long.Parse(pss[4..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), Directory.GetFiles($"/proc/{process}/fd").Length));
        }
    }

    public void ShouldBeFlat()
    {
        foreach (var (name, process, samples) in _watched)
        {
            var (pss, handles) = Compare(samples);
            (pss.Last - pss.First).ShouldBeLessThanOrEqualTo(Math.Max((long)(pss.First * Share), AllowanceKilobytes), $"memory of {name} {process}, kB\n{this}");
            (handles.Last - handles.First).ShouldBeLessThanOrEqualTo(AllowanceHandles, $"handles of {name} {process}\n{this}");
        }
    }

    public override string ToString()
    {
        StringBuilder text = new();
        foreach (var (name, process, samples) in _watched)
        {
            var (pss, handles) = Compare(samples);
            text.Append(CultureInfo.InvariantCulture, $"{name} {process}: Pss {pss.First} -> {pss.Last} kB, handles {handles.First} -> {handles.Last}\n");
        }

        return text.ToString();
    }

    // Medians of the second and of the last fifth.
    private static ((long First, long Last) Pss, (long First, long Last) Handles) Compare(List<(long Pss, int Handles)> samples)
    {
        int fifth = Math.Max(samples.Count / 5, 1);
        var second = samples.Skip(fifth).Take(fifth).ToList();
        var last = samples.TakeLast(fifth).ToList();
        return samples.Count == 0 ? default
            : ((Median(second.Select(s => s.Pss)), Median(last.Select(s => s.Pss))), (Median(second.Select(s => (long)s.Handles)), Median(last.Select(s => (long)s.Handles))));
    }

    private static long Median(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}

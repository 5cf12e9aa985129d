namespace CouponAkka.Testing;

/// <summary>A process that has ended: how, and what it wrote to its two streams.</summary>
public sealed record EndedProcess(string Command, int ExitCode, string Output, string Errors)
{
    /// <summary>What it wrote to its standard output, without the white space around it.</summary>
    /// <exception cref="InvalidOperationException">It failed; says what it wrote.</exception>
    public string Succeeded() => ExitCode == 0
        ? Output.Trim()
        : throw new InvalidOperationException($"{Command} ended with exit code {ExitCode}:\n{Output}{Errors}");

    /// <summary>The one line in which a program of ours says why it did not start.</summary>
    /// <exception cref="InvalidOperationException">It did start, or said more than that.</exception>
    public string Refusal =>
        ExitCode != 0 && Errors.Trim() is { Length: > 0 } line && !line.Contains('\n') && !Output.Contains("   at ", StringComparison.Ordinal)
            ? line
            : throw new InvalidOperationException($"{Command} ended with exit code {ExitCode}, and not with one line that says why:\n{Output}{Errors}");
}

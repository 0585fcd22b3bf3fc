"""A tiny causal language model with random weights, and a real tokeniser made of a few words, written to a folder."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }}\n{% endfor %}<assistant> "
CORPUS = ("EGFR is inhibited by gefitinib [1].", "CCOc1ccccc1", "CC(=O)Nc1ccc(O)cc1", "c1ccncc1", "molecules of drugs")


def tiny_model(folder: Path, *, words: tuple[str, ...] = (), chat: bool = True, positions: int = 4096) -> Path:
    """Letters, a few merged ones, and whole ``words``: one token each."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=["<end>"], initial_alphabet=letters)
    tokenizer.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    if words:
        fast.add_tokens(list(words))
    if chat:
        fast.chat_template = TEMPLATE
    torch.manual_seed(7)
    config = GPT2Config(
        vocab_size=len(fast), n_positions=positions, n_embd=32, n_layer=2, n_head=2,
        bos_token_id=0, eos_token_id=None, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    GPT2LMHeadModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
